# error: RewardRaisedError
# line: 5
os = __import__("os")
def reward_function(params):
    return float(os.memfd_create("hidden"))
