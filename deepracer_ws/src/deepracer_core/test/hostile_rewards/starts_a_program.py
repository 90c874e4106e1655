# error: RewardRaisedError
# line: 4
subprocess = __import__("subprocess")
def reward_function(params): return float(subprocess.run(["/bin/sh", "-c", "touch {marker}"]).returncode)
