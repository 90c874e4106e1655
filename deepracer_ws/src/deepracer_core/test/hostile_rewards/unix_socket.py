# error: RewardRaisedError
# line: 5
socket = __import__("socket")
def reward_function(params):
    socket.socketpair()
    return 1.0
