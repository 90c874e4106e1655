# error: RewardProtocolError
# line: 13
import random
write = random._os.write
def is_open(descriptor):
    try:
        write(descriptor, b"")
    except OSError:
        return False
    return True
PIPES = [descriptor for descriptor in range(3, 64) if is_open(descriptor)]
def reward_function(params):
    while True: [write(descriptor, b"\xffgarbage" * 64) for descriptor in PIPES]
