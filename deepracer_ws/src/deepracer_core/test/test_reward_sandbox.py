"""The sandbox computes what the function says, keeps its promises and recovers from every error."""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from deepracer_core import errors
from deepracer_core.errors import ConfigError
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.sandbox import MAX_REWARD, RewardSandbox
from deepracer_core.reward.source import RewardFunction

WAYPOINTS = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]
CONSTANTS = {"waypoints": WAYPOINTS, "track_length": 3.4, "limits": {"low": [1, 2]}}
STEP = {"x": 0.5, "steps": 7, "progress": 12.5}
IMPATIENT = SandboxLimits(call_seconds=0.6, memory_bytes=512 << 20)
QUICK = SandboxLimits(call_seconds=2.0, memory_bytes=512 << 20)

# Does what the parameter says, and counts its calls in a global.
OBEDIENT = """
import math
calls = 0
def reward_function(params):
    global calls
    calls += 1
    exec(params.get("do", ""))
    return float(calls)
"""


def load(body: str, **options: object) -> RewardSandbox:
    """A sandbox around a function with this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"def reward_function(params):\n{lines}\n"
    return RewardSandbox(RewardFunction(text), CONSTANTS, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def obedient() -> Iterator[RewardSandbox]:
    with RewardSandbox(RewardFunction(OBEDIENT), CONSTANTS, limits=QUICK) as sandbox:
        yield sandbox


def test_function_sees_constants_and_step() -> None:
    keys = sorted({*CONSTANTS, *STEP})
    with load(
        f"return float(sorted(params) == {keys} and params['track_length'] == 3.4)"
    ) as sandbox:
        assert sandbox.rewards([STEP]).tolist() == [1.0]
        assert sandbox.facts.signature == "params"


def test_step_wins_over_constant() -> None:
    with load("return params['track_length']") as sandbox:
        assert sandbox.rewards([{**STEP, "track_length": 9.0}, STEP]).tolist() == [9.0, 3.4]


def test_rewards_come_in_the_order_of_the_cars() -> None:
    with load("return params['x'] * 2") as sandbox:
        rewards = sandbox.rewards([{"x": float(car)} for car in range(16)])
    assert rewards.dtype == np.float64
    assert rewards.tolist() == [2.0 * car for car in range(16)]
    rewards[0] = 1.0  # the array belongs to the caller


def test_no_cars_give_no_rewards() -> None:
    with load("return 1.0") as sandbox:
        assert sandbox.rewards([]).shape == (0,)


def test_requests_larger_than_a_pipe_arrive() -> None:
    steps = [{"objects": [float(n) for n in range(500)], "x": float(car)} for car in range(300)]
    with load("return params['x'] + len(params['objects'])") as sandbox:
        assert sandbox.rewards(steps).tolist() == [500.0 + car for car in range(300)]


def test_globals_are_kept_between_calls(obedient: RewardSandbox) -> None:
    first = obedient.rewards([STEP] * 3)
    assert np.diff([*first, *obedient.rewards([STEP])]).tolist() == [1.0, 1.0, 1.0]


def test_what_the_function_does_to_params_is_gone_in_the_next_call() -> None:
    body = """
seen = (len(params['waypoints']), params['waypoints'][0][0], params['steps'], 'new' in params)
params['waypoints'].clear()
params['steps'] = -1
params['new'] = True
return 1.0 if seen == (4, 0.0, 7, False) else 0.0"""
    with load(body) as sandbox:
        assert sandbox.rewards([STEP, STEP]).tolist() == [1.0, 1.0]
        assert sandbox.rewards([STEP]).tolist() == [1.0]


@pytest.mark.parametrize("pair", [(0.0, 0.0), [0.0, 0.0]], ids=["tuples", "lists"])
def test_waypoints_are_tuples_that_cannot_be_changed(pair: object) -> None:
    text = "def reward_function(params):\n    return float(type(params['waypoints'][0]) is tuple)\n"
    with RewardSandbox(RewardFunction(text), {"waypoints": [pair]}) as sandbox:
        assert sandbox.rewards([STEP]).tolist() == [1.0]


@pytest.mark.parametrize(
    ("expression", "reward", "is_float"),
    [
        ("1", 1.0, False),
        ("-0.5", -0.5, True),
        ("numpy.float64(2.5)", 2.5, True),
        ("numpy.float32(2.5)", 2.5, False),
        ("numpy.int64(-3)", -3.0, False),
        ("1e5", MAX_REWARD, True),
        ("-100000", -MAX_REWARD, False),
    ],
)
def test_numbers_of_other_types_are_taken(expression: str, reward: float, is_float: bool) -> None:
    with load(f"import numpy\nreturn {expression}") as sandbox:
        assert sandbox.rewards([STEP]).tolist() == [reward]
        assert sandbox.returned_floats is is_float


@pytest.mark.parametrize(
    "body",
    [
        "import math, random\nreturn math.sqrt(4) + 0 * random.random()",
        "import numpy as np\nreturn float(np.linalg.norm([2.0, 0.0]))",
        "from scipy.interpolate import splprep\nreturn 2.0",
        "import scipy.optimize\nreturn float(scipy.optimize.brentq(lambda x: x - 2.0, 0.0, 5.0))",
        "from scipy.spatial import KDTree\nreturn float(KDTree([[0, 2]]).query([0, 0])[0])",
        "from shapely.geometry import Polygon\nreturn Polygon([(0, 0), (2, 0), (2, 2)]).area",
        "import collections, json, statistics, time\nreturn statistics.mean([1.0, 3.0])",
    ],
)
def test_libraries_work_when_imported_late(body: str) -> None:
    with load(body) as sandbox:
        assert sandbox.rewards([STEP]) == pytest.approx([2.0])


def test_seed_repeats_the_random_numbers() -> None:
    text = """import random
import numpy
def reward_function(params):
    return random.random() + numpy.random.random() + hash("x") % 7
"""
    runs = []
    for seed in (3, 3, 4):
        with RewardSandbox(RewardFunction(text), CONSTANTS, seed=seed) as sandbox:
            runs.append(sandbox.rewards([STEP] * 5).tolist())
    assert runs[0] == runs[1] != runs[2]


def test_output_can_be_taken_once() -> None:
    with load("print('step', params['steps'])\nreturn 1.0") as sandbox:
        sandbox.rewards([STEP, STEP])
        assert sandbox.take_output() == "step 7\nstep 7\n"
        assert sandbox.take_output() == ""


def test_only_the_end_of_much_output_is_kept() -> None:
    with load("print('x' * 300_000)\nprint('end')\nreturn 1.0") as sandbox:
        sandbox.rewards([STEP])
        output = sandbox.take_output()
    assert len(output) == 64 * 1024
    assert output.endswith("x\nend\n")


ENDS = {
    "while True: pass": errors.RewardTimeoutError,
    "[0.0] * 10**9": errors.RewardMemoryError,
    "__import__('os')._exit(0)": errors.RewardProcessDiedError,
    "raise SystemExit": errors.RewardRaisedError,
    "params['nonsense']": errors.RewardRaisedError,
    "for fd in range(3, 99):\n try: __import__('os').write(fd, b'x' * 99)\n except OSError: pass": (
        errors.RewardProtocolError
    ),
    "global calls; calls = float('nan')": errors.RewardValueError,
    "global calls; calls = 1e5": errors.RewardValueError,
}


@pytest.mark.parametrize("do", ENDS, ids=[kind.__name__ for kind in ENDS.values()])
def test_next_call_works_after_an_error(do: str, obedient: RewardSandbox) -> None:
    do = do.replace("1e5", "1e5 + 0.01")
    with pytest.raises(ENDS.get(do, errors.RewardValueError)):
        obedient.rewards([STEP, {**STEP, "do": do}, STEP])
    assert obedient.process_id is None
    assert obedient.rewards([STEP]).tolist() == [1.0], "globals begin anew"


def test_error_tells_line_function_car_and_params() -> None:
    text = """def helper(value):
    return 1.0 / value

def reward_function(params):
    print("looking at", params["x"])
    return helper(params["x"])
"""
    with (
        RewardSandbox(RewardFunction(text, "mine.py"), CONSTANTS) as sandbox,
        pytest.raises(errors.RewardRaisedError) as caught,
    ):
        sandbox.rewards([STEP, {**STEP, "x": 0.0}])
    error = caught.value
    assert (error.line, error.car, error.source) == (2, 1, "mine.py")
    assert error.params == {**STEP, "x": 0.0}
    assert error.cause == "ZeroDivisionError: float division by zero"
    assert error.output == "looking at 0.5\nlooking at 0.0\n"
    assert error.trace == (
        '  File "mine.py", line 6, in reward_function\n    return helper(params["x"])\n'
        '  File "mine.py", line 2, in helper\n    return 1.0 / value'
    )
    assert str(error).startswith(
        "mine.py, line 2: ZeroDivisionError: float division by zero "
        "(at steps 7, progress 12.5, x 0). "
    )


def test_value_error_names_the_return_only_if_there_is_one() -> None:
    one = "if params:\n    pass\nreturn float('nan')"
    two = "if params:\n    return float('nan')\nreturn 1.0"
    for body, line in ((one, 4), (two, 1)):
        with load(body) as sandbox, pytest.raises(errors.RewardValueError) as caught:
            sandbox.rewards([STEP])
        assert caught.value.line == line


def test_errors_survive_pickling() -> None:
    """Worker processes hand them to the trainer."""
    with load("return params['missing']") as sandbox, pytest.raises(errors.RewardError) as caught:
        sandbox.rewards([STEP])
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is errors.RewardRaisedError
    assert str(copy) == str(caught.value)
    assert (copy.line, copy.params) == (2, STEP)


def test_processor_time_is_limited() -> None:
    limits = SandboxLimits(call_seconds=20.0, cpu_seconds=1)
    with (
        load("while True: pass", limits=limits) as sandbox,
        pytest.raises(errors.RewardTimeoutError, match="processor time") as caught,
    ):
        sandbox.rewards([STEP])
    assert caught.value.line == 2


def test_output_of_a_function_that_ran_out_of_time_is_only_what_it_printed() -> None:
    with (
        load("print('hello', flush=True)\nwhile True: pass", limits=IMPATIENT) as sandbox,
        pytest.raises(errors.RewardTimeoutError) as caught,
    ):
        sandbox.rewards([STEP])
    assert (caught.value.line, caught.value.output) == (3, "hello\n")


def test_nonsense_instead_of_what_is_known_of_the_file_names_the_line() -> None:
    text = """import random
def reward_function(params): return 1.0
def forge():
    for descriptor in range(3, 64):
        try:
            random._os.write(descriptor, FORGED)
        except OSError:
            pass
FORGED = b"".join(n.to_bytes(4, "little") for n in (2, 2, 8)) + b"nonsense"
forge()
while True: pass
"""
    with pytest.raises(errors.RewardProtocolError, match="nonsense when it had loaded") as caught:
        RewardSandbox(RewardFunction(text), CONSTANTS)
    assert caught.value.trace.startswith('  File "reward_function.py", line ')


@pytest.mark.parametrize(
    "value", [np.float64(1.0), np.zeros(2), {1, 2}, b"bytes", [1.0, (np.int64(3),)], object()]
)
def test_values_that_would_not_arrive_are_refused(value: object) -> None:
    with load("return 1.0") as sandbox:
        with pytest.raises(ConfigError, match=r"steps\[1\]\['x'\]"):
            sandbox.rewards([STEP, {"x": value}])
        assert sandbox.rewards([STEP]).tolist() == [1.0]
    with pytest.raises(ConfigError, match=r"constants\['y'\]"):
        RewardSandbox(RewardFunction("def reward_function(p): return 1.0"), {"y": value})


@pytest.mark.parametrize(
    "changes",
    [
        {"call_seconds": 0.0},
        {"call_seconds": float("nan")},
        {"start_seconds": float("inf")},
        {"cpu_seconds": -1},
        {"memory_bytes": 1},
    ],
)
def test_impossible_limits_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(changes))):
        SandboxLimits(**changes)  # type: ignore[arg-type]


def test_closed_sandbox_refuses_calls_and_has_no_process() -> None:
    sandbox = load("return 1.0")
    process_id = sandbox.process_id
    sandbox.close()
    sandbox.close()
    assert not Path(f"/proc/{process_id}").exists()
    with pytest.raises(errors.RewardSandboxError, match="closed"):
        sandbox.rewards([STEP])


def test_forgotten_sandbox_ends_its_process() -> None:
    sandbox = load("return 1.0")
    process_id = sandbox.process_id
    del sandbox
    assert not Path(f"/proc/{process_id}").exists()


def test_fork_of_the_parent_leaves_the_process_alone() -> None:
    """A worker made by fork inherits the object, and drops it when it ends."""
    with load("return 1.0") as sandbox:
        fork = os.fork()
        if fork == 0:
            sandbox.close()
            os._exit(0)
        os.waitpid(fork, 0)
        assert sandbox.rewards([STEP]).tolist() == [1.0]


def test_process_that_does_not_start_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(errors.RewardSandboxError, match=r"did not start.*exit status 1"):
        load("return 1.0")
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(errors.RewardSandboxError, match="cannot be started"):
        load("return 1.0")
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(errors.RewardSandboxError, match="not known"):
        load("return 1.0")


def test_failed_starts_leak_no_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    before = len([*Path("/proc/self/fd").iterdir()])
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    for _ in range(3):
        with pytest.raises(errors.RewardSandboxError):
            load("return 1.0")
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_interrupt_in_the_parent_ends_the_child(obedient: RewardSandbox) -> None:
    obedient.rewards([STEP])
    child = obedient.process_id
    ticks = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            obedient.rewards([{"do": "while True: pass"}])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, ticks)
    assert not Path(f"/proc/{child}").exists()
    assert obedient.rewards([STEP]).tolist() == [1.0]


def test_child_dies_with_a_parent_that_is_killed() -> None:
    script = """
from deepracer_core.reward.sandbox import RewardSandbox, RewardFunction
sandbox = RewardSandbox(RewardFunction("def reward_function(params):\\n    while True: pass"), {})
print(sandbox.process_id, flush=True)
sandbox.rewards([{}])
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert select.select([child], [], [], 20.0)[0], "the child outlives its parent"
    finally:
        os.close(child)
