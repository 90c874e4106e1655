# error: RewardRaisedError
# line: 5
import numpy
def reward_function(params):
    numpy.save("{marker}", numpy.zeros(3))
    return 1.0
