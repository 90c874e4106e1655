# error: RewardSignatureError
# line: 3
def reward_function(params):
    yield 1.0
