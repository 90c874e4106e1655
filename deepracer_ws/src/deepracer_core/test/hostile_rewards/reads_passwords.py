# error: RewardRaisedError
# line: 4
def reward_function(params):
    return float(len(open("/etc/passwd").read()))
