# error: RewardRaisedError
# line: 4
def reward_function(params):
    raise ValueError("\x00\x1b[2J\udcff")
