# error: RewardRaisedError
# line: 4
def reward_function(params):
    with open("{marker}", "w") as file:
        file.write("gotcha")
    return 1.0
