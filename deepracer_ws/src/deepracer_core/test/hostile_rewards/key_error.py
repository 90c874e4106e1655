# error: RewardRaisedError
# line: 4
def reward_function(params):
    return float(params["speeed"])
