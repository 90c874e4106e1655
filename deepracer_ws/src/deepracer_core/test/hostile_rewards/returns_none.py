# error: RewardValueError
# line: 3
def reward_function(params):
    params["x"] * 2
