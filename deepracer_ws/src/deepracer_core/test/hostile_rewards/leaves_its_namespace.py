# error: RewardRaisedError
# line: 6
ctypes = __import__("ctypes")
libc = ctypes.CDLL(None, use_errno=True)
def reward_function(params):
    if libc.unshare(0x10000000): raise OSError(ctypes.get_errno(), "unshare")
    return 1.0
