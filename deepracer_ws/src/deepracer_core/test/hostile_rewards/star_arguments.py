# error: RewardSignatureError
# line: 3
def reward_function(*args, **kwargs):
    return 1.0
