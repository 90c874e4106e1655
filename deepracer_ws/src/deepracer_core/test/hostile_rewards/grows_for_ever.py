# error: RewardMemoryError
# line: 7
import numpy
def reward_function(params):
    hoard = []
    while True:
        hoard.append(numpy.empty(10**6))
