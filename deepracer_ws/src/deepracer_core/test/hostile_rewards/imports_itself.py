# error: RewardImportError
# line: 3
import reward_function
def reward_function(params):
    return 1.0
