# error: RewardRaisedError
# line: 9
class Evil(Exception):
    def __str__(self):
        raise KeyboardInterrupt
    __repr__ = __str__
    __traceback__ = property(__str__)
def reward_function(params):
    raise Evil
