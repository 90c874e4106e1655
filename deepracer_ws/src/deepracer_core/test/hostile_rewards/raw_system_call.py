# error: RewardRaisedError
# line: 8
ctypes = __import__("ctypes")
libc = ctypes.CDLL(None, use_errno=True)
def reward_function(params):
    for call in ("fork", "vfork", "socket", "ptrace", "unshare", "mount", "setuid", "kill"):
        if getattr(libc, call)(2, 1, 0, 0, 0) >= 0: return 1.0
    raise OSError(ctypes.get_errno(), "every call was refused")
