# error: RewardRaisedError
def reward_function(params):
    return 1.0
del reward_function
