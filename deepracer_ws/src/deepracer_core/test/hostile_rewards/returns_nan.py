# error: RewardValueError
# line: 4
def reward_function(params):
    return float("nan")
