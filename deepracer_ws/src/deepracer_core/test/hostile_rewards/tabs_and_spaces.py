# error: RewardSyntaxError
# line: 5
def reward_function(params):
    if params:
	return 1.0
