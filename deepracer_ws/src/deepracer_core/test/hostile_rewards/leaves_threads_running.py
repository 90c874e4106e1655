# error: RewardRaisedError
# line: 8
threading = __import__("threading")
def burn():
    while True:
        pass
def reward_function(params):
    threading.Thread(target=burn, daemon=True).start()
    return 1.0
