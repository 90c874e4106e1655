# error: RewardTimeoutError
# line: 5
class Slow(Exception):
    def __str__(self):
        while True: pass
def reward_function(params):
    raise Slow
