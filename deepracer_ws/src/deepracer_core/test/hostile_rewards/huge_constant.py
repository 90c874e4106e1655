# error: RewardMemoryError|RewardTimeoutError|RewardProcessDiedError
TABLE = 10 ** 10 ** 10
def reward_function(params):
    return 1.0
