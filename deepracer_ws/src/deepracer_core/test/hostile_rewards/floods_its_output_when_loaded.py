# error: RewardTimeoutError
# line: 3
while True: print("x" * 100_000)
def reward_function(params):
    return 1.0
