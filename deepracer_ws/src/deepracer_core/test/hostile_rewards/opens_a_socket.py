# error: RewardRaisedError
# line: 5
socket = __import__("socket")
def reward_function(params):
    socket.create_connection(("127.0.0.1", 80), timeout=0.1)
    return 1.0
