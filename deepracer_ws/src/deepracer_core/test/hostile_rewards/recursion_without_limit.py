# error: RewardProcessDiedError|RewardMemoryError|RewardRaisedError
sys = __import__("sys")
sys.setrecursionlimit(2**31 - 1)
class Nested:
    def __repr__(self):
        return repr([self])
def reward_function(params):
    return float(len(repr(Nested())))
