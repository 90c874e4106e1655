# error: RewardProcessDiedError
# line: 7
os = __import__("os")
def reward_function(params):
    for descriptor in range(4096):
        try:
            os.close(descriptor)
        except OSError:
            pass
    while True:
        pass
