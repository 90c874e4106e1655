# error: RewardRaisedError
# line: 5
import math
def reward_function(params):
    raise SystemExit(0)
