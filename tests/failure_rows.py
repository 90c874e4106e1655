"""The failure table: what can fail in a car that drives, and how it is brought back.

Each row is tried by the tests once, and by `benchmarks/car_failures.py` a hundred times.
"""

from __future__ import annotations

import math
import resource
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from car_graph import FRAMES, CarGraph
from deepracer_core.command_gate import Mode
from sick_inference import SLOW_DOWN, SPEED_UP
from sick_servo import BLOCK, CRASH

KILL, STOP, CONTINUE = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT
FULL = 64  # [bytes] a file may have while the disk is full; a pulse needs fewer
GIVES_UP = 1.5  # [s] after which a gate has given up, be it itself that is stopped
OVERTAKEN = 3 * [1.0]
"""[s] How long neutral is waited for where the next good command drives: when that comes before the
servo node has taken neutral, which keeps the newest command only, the failure is tried again."""
NODES = ("camera", "inference", "command_gate", "servo")
Act = Callable[[CarGraph], None]


@dataclass(frozen=True)
class Row:
    """One way to fail."""

    name: str
    """As it stands in the table."""
    fail: Act
    """Lets it fail, and returns at that moment."""
    recover: Act
    """Brings back what has failed."""
    stops: bool = True
    """Whether somebody has to start the car again; else the next good command drives."""
    by_hand: bool = False
    """Whether a person drives by joystick."""
    lasts: bool = False
    """Whether it is a hiccup that costs only its own time, if it ends within a second."""
    is_noticed_late: bool = False
    """Whether commands are followed until the patience between servo node and guard is over."""


def nothing(_: CarGraph) -> None:
    """All is well again by itself."""


def send(name: str, number: signal.Signals) -> Act:
    """Send a signal to a process."""
    return lambda graph: graph.signal(name, number)


def restart(name: str) -> Act:
    """Start a node again."""
    return lambda graph: graph.restart(name)


def renew_servo(graph: CarGraph) -> None:
    """Start another servo node after one that ends by itself, as it must."""
    graph.wait_for_end("servo")
    graph.restart("servo")


def wake_servo(graph: CarGraph) -> None:
    """Let a stopped servo node run once its guard has given it up, so that it ends."""
    graph.wait_until(lambda: "guard: stopped the car" in graph.said("servo"))
    graph.signal("servo", CONTINUE)
    renew_servo(graph)


def wake(name: str) -> Act:
    """Let a stopped process run."""
    return lambda graph: graph.signal(name, CONTINUE)


def bad(topic: str, speed: float, angle: float, age: float = 0.0) -> Act:
    """Send one bad command."""
    return lambda graph: graph.command(topic, angle, speed, age)


def jump(seconds: float) -> Act:
    """Move the clock of all nodes."""
    return lambda graph: graph.jump(seconds)


def limit_disk(graph: CarGraph, size: int) -> None:
    """Let no file grow beyond this, as on a full disk, for all of the car's processes."""
    for name in (*NODES, "guard"):
        limit = (size, resource.RLIM_INFINITY)
        resource.prlimit(graph.pid(name), resource.RLIMIT_FSIZE, limit)


def fill_disk(graph: CarGraph) -> None:
    """Drive on with a full disk for some frames, then stop the car by hand."""
    limit_disk(graph, FULL)
    mark = len(graph.log.moments)
    graph.wait_until(lambda: len(graph.log.moments) >= mark + 2 * FRAMES)
    assert all(map(graph.drives, graph.log.moments[mark:])), graph.describe()
    stop(graph)


def stop(graph: CarGraph) -> None:
    """Stop the car, as by `car stop`."""
    graph.ask_for(Mode.STOPPED)


COMMANDS: dict[str, tuple[float, float, float]] = {
    "NaN": (math.nan, 0.1, 0.0),
    "infinite": (1.0, math.inf, 0.0),
    "too fast": (4.1, 0.1, 0.0),
    "steers too far": (1.0, 0.6, 0.0),
    "1 s old": (1.0, 0.1, 1.0),
    "1 s ahead": (1.0, 0.1, -1.0),
}
"""Speed [m/s], steering angle [rad] and age [s] of bad commands."""

ROWS = [
    *(Row(f"{name} killed", send(name, KILL), restart(name), lasts=True) for name in NODES[:2]),
    *(Row(f"{name} killed", send(name, KILL), restart(name)) for name in NODES[2:]),
    *(Row(f"{name} stopped", send(name, STOP), wake(name), lasts=True) for name in NODES[:3]),
    Row("servo stopped", send("servo", STOP), wake_servo),
    Row("servo: executor blocked", send("servo", BLOCK), renew_servo),
    Row("servo: exception", send("servo", CRASH), renew_servo),
    Row("servo: SIGINT", send("servo", signal.SIGINT), renew_servo),
    Row("servo: SIGTERM", send("servo", signal.SIGTERM), renew_servo),
    Row("guard killed", send("guard", KILL), renew_servo),
    Row("guard stopped", send("guard", STOP), renew_servo, is_noticed_late=True),
    Row("camera unplugged", CarGraph.unplug, CarGraph.plug_in, lasts=True),
    *(
        Row(f"{where} gets a command: {name}", bad(topic, *values), nothing, stops=False)
        for topic, where in (("/policy/drive", "gate"), ("/drive", "servo"))
        for name, values in COMMANDS.items()
    ),
    Row("clock jumps 10 s ahead", jump(10.0), nothing),
    Row("clock jumps 10 s back", jump(-10.0), nothing),
    Row("disk full, then stopped by hand", fill_disk, lambda graph: limit_disk(graph, -1)),
    Row("model cannot be loaded", lambda graph: graph.load("no-such-model"), nothing),
    Row(
        "decisions take 0.25 s",
        send("inference", SLOW_DOWN),
        send("inference", SPEED_UP),
        lasts=True,
    ),
    Row("joystick gone", CarGraph.let_go_of_joystick, nothing, by_hand=True),
    Row("stopped by hand", stop, nothing),
]


@dataclass(frozen=True)
class Trial:
    """How a failure went; times in [ms], inf: never."""

    from_command: float
    """From the last good command, when both its pulses were set, to neutral."""
    from_failure: float
    """From the failure to neutral."""


def attempt(graph: CarGraph, row: Row, *, wait: bool = False) -> Trial:
    """Drive, let it fail, and bring the car back to where it can be started.

    Args:
        graph: The car.
        row: How it fails.
        wait: Let what lasts last until the gate gives its mode up.
    """
    with graph.joystick() if row.by_hand else nullcontext():
        graph.begin(Mode.MANUAL if row.by_hand else Mode.AUTONOMOUS)
        trial = _measure(graph, row)
    if wait and row.lasts:
        end = time.monotonic() + GIVES_UP
        graph.wait_until(lambda: graph.mode == Mode.STOPPED or time.monotonic() > end)
    row.recover(graph)
    return trial


def _measure(graph: CarGraph, row: Row) -> Trial:
    mark = len(graph.log.moments)
    for patience in [10.0] if row.stops else OVERTAKEN:
        row.fail(graph)
        failed = time.monotonic_ns()
        found = graph.until_neutral(mark, patience)
        if found is not None:
            good, neutral = found
            return Trial((neutral - good) / 1e6, max(neutral - failed, 0) / 1e6)
    return Trial(math.inf, math.inf)
