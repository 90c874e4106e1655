# error: RewardRaisedError
# line: 6
ctypes = __import__("ctypes")
libc = ctypes.CDLL(None, use_errno=True)
def reward_function(params):
    if libc.prctl(1, 0, 0, 0, 0) != 0: raise OSError(ctypes.get_errno(), "PR_SET_PDEATHSIG")
    return 1.0
