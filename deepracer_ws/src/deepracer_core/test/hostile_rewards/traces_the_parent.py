# error: RewardRaisedError
# line: 7
os = __import__("os")
ctypes = __import__("ctypes")
libc = ctypes.CDLL(None, use_errno=True)
def reward_function(params):
    if libc.ptrace(16, os.getppid(), 0, 0) == -1: raise OSError(ctypes.get_errno(), "ptrace")
    return 1.0
