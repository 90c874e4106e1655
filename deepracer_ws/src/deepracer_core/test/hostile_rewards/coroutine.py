# error: RewardSignatureError
# line: 3
async def reward_function(params):
    return 1.0
