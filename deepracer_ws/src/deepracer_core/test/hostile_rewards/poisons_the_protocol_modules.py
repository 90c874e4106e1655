# error: RewardRaisedError
# line: 8
import json, math
modules = __import__("sys").modules
def reward_function(params):
    for name in ("marshal", "struct", "json", "math", "os", "array", "traceback", "contextlib"):
        if name in modules: vars(modules[name]).clear()
    raise ValueError("is anybody still there?")
