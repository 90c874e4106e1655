# error: RewardValueError
class Evil:
    def __repr__(self):
        raise SystemExit("from repr")
def reward_function(params):
    return Evil()
