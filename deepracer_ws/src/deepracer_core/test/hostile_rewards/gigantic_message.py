# error: RewardRaisedError
# line: 4
def reward_function(params):
    raise ValueError("A" * 50_000_000)
