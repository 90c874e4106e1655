# error: RewardSignatureError
def reward(params):
    return 1.0
