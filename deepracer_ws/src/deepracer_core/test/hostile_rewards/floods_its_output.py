# error: RewardTimeoutError
# line: 4
def reward_function(params):
    while True: print("x" * 100_000)
