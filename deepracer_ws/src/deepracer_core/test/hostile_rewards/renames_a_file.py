# error: RewardRaisedError
# line: 5
os = __import__("os")
def reward_function(params):
    os.replace("{secret}", "{marker}")
    return 1.0
