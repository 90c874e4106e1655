# error: RewardRaisedError
# line: 4
def broken(function):
    raise TypeError("no decoration today")
@broken
def reward_function(params):
    return 1.0
