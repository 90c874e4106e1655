# error: RewardSignatureError
# line: 3
def reward_function():
    return 1.0
