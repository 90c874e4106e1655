# error: RewardTimeoutError|RewardProcessDiedError|RewardRaisedError
os = __import__("os")
def reward_function(params):
    for descriptor in range(3, 4096):
        try:
            os.read(descriptor, 1)
        except OSError:
            pass
    return 1.0
