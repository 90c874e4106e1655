# error: RewardRaisedError
# line: 5
os = __import__("os")
def reward_function(params):
    return float(len(os.listdir("/")))
