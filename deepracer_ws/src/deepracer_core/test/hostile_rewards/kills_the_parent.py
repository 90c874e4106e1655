# error: RewardRaisedError
# line: 5
os = __import__("os")
def reward_function(params):
    os.kill(os.getppid(), 9)
    return 1.0
