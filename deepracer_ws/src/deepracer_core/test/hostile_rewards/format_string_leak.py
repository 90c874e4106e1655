# error: RewardValueError
# line: 7
class Holder:
    def __init__(self):
        pass
def reward_function(params):
    return "{0.__init__.__globals__}".format(Holder())
