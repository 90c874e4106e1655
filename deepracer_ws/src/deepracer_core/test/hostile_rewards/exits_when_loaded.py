# error: RewardProcessDiedError
# line: 3
__import__("os")._exit(7)
def reward_function(params):
    return 1.0
