# error: RewardRaisedError
# line: 5
def reward_function(params):
    for kind in ().__class__.__mro__[1].__subclasses__():
        if kind.__name__ == "FileLoader": return float(len(kind("x", "{secret}").get_data("{secret}")))
    return 1.0
