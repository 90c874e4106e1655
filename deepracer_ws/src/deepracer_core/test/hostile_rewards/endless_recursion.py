# error: RewardRaisedError
# line: 4
def deeper(level):
    return deeper(level + 1)
def reward_function(params):
    return float(deeper(0))
