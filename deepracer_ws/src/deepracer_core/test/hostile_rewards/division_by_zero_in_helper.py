# error: RewardRaisedError
# line: 4
def ratio(a, b):
    return a / b
def reward_function(params):
    return ratio(1.0, 0.0)
