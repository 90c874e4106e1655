# error: RewardProcessDiedError
# line: 5
os = __import__("os")
def reward_function(params):
    os.abort()
