# error: RewardRaisedError
# line: 5
os = __import__("os")
def reward_function(params):
    os.remove("{secret}")
    return 1.0
