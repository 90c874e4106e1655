# error: RewardTimeoutError
# line: 4
def reward_function(params):
    while True: pass
