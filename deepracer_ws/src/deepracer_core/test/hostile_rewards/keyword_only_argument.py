# error: RewardSignatureError
# line: 3
def reward_function(params, *, extra):
    return 1.0
