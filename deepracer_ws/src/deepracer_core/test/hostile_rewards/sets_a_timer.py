# error: RewardRaisedError
# line: 5
signal = __import__("signal")
def reward_function(params):
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    return 1.0
