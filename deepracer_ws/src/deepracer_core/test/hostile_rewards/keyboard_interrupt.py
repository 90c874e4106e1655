# error: RewardRaisedError
# line: 4
def reward_function(params):
    raise KeyboardInterrupt
