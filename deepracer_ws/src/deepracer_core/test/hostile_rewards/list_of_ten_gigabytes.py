# error: RewardMemoryError
# line: 4
def reward_function(params):
    return float(len([0.0] * (10 * 1024**3 // 8)))
