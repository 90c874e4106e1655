# error: RewardMemoryError
# line: 5
import numpy
def reward_function(params):
    return float(numpy.ones((100_000, 100_000)).sum())
