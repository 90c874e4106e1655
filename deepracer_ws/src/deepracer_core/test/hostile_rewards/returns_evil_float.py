# error: RewardRaisedError|RewardValueError
class Evil(float):
    def __float__(self):
        return float("nan")
def reward_function(params):
    return Evil(1.0)
