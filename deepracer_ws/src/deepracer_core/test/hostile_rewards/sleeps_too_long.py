# error: RewardTimeoutError
# line: 6
import time
def reward_function(params):
    reward = 1.0
    time.sleep(3600)
    return reward
