# error: RewardImportError
# line: 4
import math
import os
def reward_function(params):
    return 1.0
