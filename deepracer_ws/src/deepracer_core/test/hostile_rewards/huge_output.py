# error: RewardRaisedError
# line: 5
def reward_function(params):
    print("x" * 20_000_000)
    raise ValueError("after the flood")
