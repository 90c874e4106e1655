# error: RewardRaisedError
# line: 5
signal = __import__("signal")
def reward_function(params):
    signal.raise_signal(signal.SIGSTOP)
    return 1.0
