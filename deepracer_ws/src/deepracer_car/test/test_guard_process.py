"""The guard as a process, beside a process that stands for the servo node; no ROS."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deepracer_car import guard_link
from deepracer_car.guard import REPEAT
from deepracer_car.guard_link import GuardLink
from deepracer_car.pwm import Channel
from deepracer_core.errors import GuardError
from fake_car import FakeCar

WAIT = 30.0  # [s] until a test gives up
NEUTRAL = {Channel.MOTOR: 1_446_000, Channel.SERVO: 1_450_000}
PATIENT = 20_000_000_000  # [ns] for tests in which nobody shall be impatient
# [ns] for the others: ours of 100 ms is too short for a machine on which many tests run at once.
TIMEOUT = 1_000_000_000

PROGRAM = """
import pathlib, sys, time
from deepracer_car.guard_link import GuardLink
from deepracer_car.hardware import find_hardware
from deepracer_car.pwm import Channel
neutral = {neutral!r}
drives = 10**18  # for longer than this test
root = pathlib.Path(sys.argv[1])
pwm = find_hardware("aws", root).pwm
pwm.open(neutral, exclusive=True)
link = GuardLink("aws", root, neutral, timeout={timeout})
link.beat(drives)
pwm.write(Channel.MOTOR, 1_311_000)
pwm.write(Channel.SERVO, 1_700_000)
print(link.pid, flush=True)
while True:
    time.sleep(0.02)
    link.check()
    link.beat(drives)
"""


@pytest.fixture
def car(tmp_path) -> FakeCar:
    return FakeCar(tmp_path)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def is_neutral(car: FakeCar) -> bool:
    return car.motor_and_servo == (1_446_000, 1_450_000)


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


class Node:
    """The process that stands for a servo node which drives at full throttle, and its guard."""

    def __init__(self, car: FakeCar) -> None:
        program = textwrap.dedent(PROGRAM).format(
            neutral={int(channel): duty for channel, duty in NEUTRAL.items()}, timeout=TIMEOUT
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(car.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.guard = int(self.process.stdout.readline())
        assert car.motor_and_servo == (1_311_000, 1_700_000)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        wait_until(lambda: has_ended(self.guard))


@pytest.fixture
def node(car) -> Iterator[Node]:
    node = Node(car)
    yield node
    node.end()


def test_a_killed_node_leaves_a_car_in_neutral(car, node):
    node.process.kill()
    wait_until(lambda: is_neutral(car))
    wait_until(lambda: has_ended(node.guard))


def test_a_stopped_node_leaves_a_car_in_neutral_for_as_long_as_it_is_stopped(car, node):
    node.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: is_neutral(car))
    # What the node was just about to write is taken back.
    (car.chip / "pwm0" / "duty_cycle").write_text("1311000\n")
    wait_until(lambda: is_neutral(car))
    node.process.send_signal(signal.SIGCONT)
    _, stderr = node.process.communicate(timeout=WAIT)
    assert "the guard has stopped the car" in stderr
    (silence,) = re.findall(r"stopped the car after ([0-9.]+) ms", stderr)
    assert float(silence) > TIMEOUT / 1e6
    assert is_neutral(car)


def test_a_node_notices_that_its_guard_was_killed(node):
    os.kill(node.guard, signal.SIGKILL)
    _, stderr = node.process.communicate(timeout=WAIT)
    assert f"the guard (process {node.guard})" in stderr
    assert "GuardError" in stderr


def test_a_node_notices_that_its_guard_was_stopped(node):
    os.kill(node.guard, signal.SIGSTOP)
    node.process.wait(WAIT)
    os.kill(node.guard, signal.SIGCONT)
    assert "has not answered for" in node.process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_guard_outlives_the_signals_that_end_its_node(car, node, number):
    os.kill(node.guard, number)
    os.killpg(node.process.pid, number)
    node.process.wait(WAIT)
    wait_until(lambda: is_neutral(car))


def test_a_guard_with_nothing_to_watch_makes_neutral(car):
    """As a last resort after both were killed; see the table in `guard`."""
    for channel, duty in (("pwm0", 1_311_000), ("pwm1", 1_700_000)):
        (car.chip / channel / "duty_cycle").write_text(f"{duty}\n")
    options = ["--hardware=aws", f"--root={car.root}", "--motor=1446000", "--servo=1450000"]
    subprocess.run(
        [sys.executable, "-m", "deepracer_car.guard", *options, "--timeout=1"],
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=WAIT,
    )
    assert is_neutral(car)


def test_a_guard_loads_neither_ros_nor_numpy():
    probe = "import sys, deepracer_car.guard; print({'rclpy', 'numpy', 'yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.fixture
def link(car) -> Iterator[GuardLink]:
    link = GuardLink("aws", car.root, NEUTRAL, timeout=PATIENT)
    yield link
    link.close()


def test_a_guard_answers_each_heartbeat(link):
    link.check()  # sends the first one
    select.select([link._answers], [], [], WAIT)
    link.check()
    assert link._asked is None
    link.beat()
    select.select([link._answers], [], [], WAIT)
    link.check()
    assert link._asked is None
    link.check()  # nothing new, but nothing was asked


@pytest.mark.parametrize("asked_before", [True, False])
def test_its_silence_counts_from_what_it_was_asked(link, monkeypatch, asked_before):
    """This process may have been held up since the last answer, and not the guard."""
    link.check()
    select.select([link._answers], [], [], WAIT)
    link.check()
    os.kill(link.pid, signal.SIGSTOP)
    if asked_before:
        link.beat()
    now = time.monotonic_ns()
    monkeypatch.setattr(guard_link.time, "monotonic_ns", lambda: now + 2 * PATIENT)
    link.beat()
    with pytest.raises(GuardError) if asked_before else contextlib.nullcontext():
        link.check()
    os.kill(link.pid, signal.SIGCONT)


def test_a_guard_ends_the_command_of_a_node_that_does_not(car, link):
    motor = car.chip / "pwm0" / "duty_cycle"
    motor.write_text("1311000\n")
    link.beat(time.monotonic_ns() + 10_000_000)
    wait_until(lambda: is_neutral(car))
    link.beat(time.monotonic_ns() + PATIENT)
    select.select([link._answers], [], [], WAIT)
    link.check()  # it has heard, and has not stopped the car for good
    motor.write_text("1311000\n")
    end = time.monotonic_ns() + 3 * REPEAT
    while time.monotonic_ns() < end:  # at each heartbeat it decides anew
        link.beat(time.monotonic_ns() + PATIENT)
        select.select([link._answers], [], [], WAIT)
        link.check()
    assert car.motor_and_servo == (1_311_000, 1_450_000)


def test_closing_lets_the_guard_make_neutral_and_end(car, link):
    (car.chip / "pwm0" / "duty_cycle").write_text("1311000\n")
    link.close()
    assert is_neutral(car)
    assert link._process.returncode == 0


def test_a_guard_that_does_not_end_is_killed(link, monkeypatch):
    monkeypatch.setattr(guard_link, "END_PATIENCE", 0.01)
    os.kill(link.pid, signal.SIGSTOP)
    link.close()
    assert link._process.returncode == -signal.SIGKILL


def test_a_guard_that_was_killed_takes_no_heartbeat(link):
    link.beat()
    os.kill(link.pid, signal.SIGKILL)
    link._process.wait(WAIT)
    with pytest.raises(GuardError, match=r"takes no heartbeat \(Broken pipe\)"):
        link.beat()
    with contextlib.suppress(GuardError):
        link.check()  # the answer to the first heartbeat may still be there
    with pytest.raises(GuardError, match="has ended: the car is stopped"):
        link.check()


def test_a_guard_without_hardware_is_an_error(tmp_path, capfd):
    with pytest.raises(GuardError, match="ended at its start; its message above says why"):
        GuardLink("aws", tmp_path, NEUTRAL)
    assert "no PWM chip of device" in capfd.readouterr().err


def test_a_guard_that_does_not_get_ready_is_an_error(car, monkeypatch):
    monkeypatch.setattr(guard_link, "START_PATIENCE", 0.0)
    with pytest.raises(GuardError, match="not ready after 0"):
        GuardLink("aws", car.root, NEUTRAL)
