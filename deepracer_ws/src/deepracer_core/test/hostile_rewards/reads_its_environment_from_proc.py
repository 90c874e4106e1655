# error: RewardRaisedError
# line: 4
def reward_function(params):
    return float(len(open(f"/proc/self/environ", "rb").read()))
