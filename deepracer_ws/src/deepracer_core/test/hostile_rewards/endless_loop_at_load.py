# error: RewardTimeoutError
# line: 3
while True: pass
def reward_function(params):
    return 1.0
