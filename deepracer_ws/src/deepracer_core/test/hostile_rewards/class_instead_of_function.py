# error: RewardSignatureError
class reward_function:
    def __init__(self, params):
        pass
