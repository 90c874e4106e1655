# error: RewardRaisedError
# line: 5
os = __import__("os")
def reward_function(params):
    os.execv("/bin/sh", ["sh", "-c", "touch {marker}"])
