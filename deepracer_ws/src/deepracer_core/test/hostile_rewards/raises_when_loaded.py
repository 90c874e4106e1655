# error: RewardRaisedError
# line: 3
LOOK_UP = {}["missing"]
def reward_function(params):
    return 1.0
