# error: RewardTimeoutError
# line: 4
def reward_function(params):
    return float(sum(range(10**15)))
