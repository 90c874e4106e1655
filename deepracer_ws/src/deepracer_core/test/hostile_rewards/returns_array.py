# error: RewardValueError
# line: 5
import numpy
def reward_function(params):
    return numpy.ones(3)
