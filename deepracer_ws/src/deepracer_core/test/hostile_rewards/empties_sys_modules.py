# error: RewardRaisedError
# line: 6
sys = __import__("sys")
def reward_function(params):
    sys.modules.clear()
    raise ValueError("no modules left")
