# error: RewardRaisedError
# line: 5
signal = __import__("signal")
def reward_function(params):
    signal.raise_signal(signal.SIGKILL)
    return 1.0
