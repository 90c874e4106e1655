# error: RewardImportError
# line: 4
def reward_function(params):
    from socket import socket
    return 1.0
