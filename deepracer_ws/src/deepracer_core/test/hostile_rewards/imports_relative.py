# error: RewardImportError
# line: 3
from . import secrets
def reward_function(params):
    return 1.0
