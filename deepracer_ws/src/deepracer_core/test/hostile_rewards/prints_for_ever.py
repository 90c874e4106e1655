# error: RewardTimeoutError
def reward_function(params):
    while True:
        print("all work and no play")
