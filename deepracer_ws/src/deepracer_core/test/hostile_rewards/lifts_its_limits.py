# error: RewardRaisedError
# line: 5
resource = __import__("resource")
def reward_function(params):
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return 1.0
