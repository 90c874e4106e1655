# error: RewardValueError
# line: 4
def reward_function(params):
    return 100000.00001
