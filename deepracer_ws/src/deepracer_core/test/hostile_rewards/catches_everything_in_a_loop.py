# error: RewardTimeoutError
# line: 6
def reward_function(params):
    while True:
        try:
            while True: pass
        except BaseException:
            pass
