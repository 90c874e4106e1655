"""The guided calibration as a user launches it, from a terminal, with a fake AWS car."""

from __future__ import annotations

import os
import pty
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deepracer_car import calibration
from launched import WAIT, Launched

sys.path.append(str(Path(__file__).parents[1] / "deepracer_ws/src/deepracer_car/test"))
from fake_car import FakeCar

NEUTRAL = (1_446_000, 1_450_000)


@pytest.fixture
def car(tmp_path) -> FakeCar:
    return FakeCar(tmp_path / "car")


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The person's end, and the terminal's."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def calibrating(car, terminal, tmp_path) -> Iterator[Launched]:
    """A calibration at its second step, with the servo 10 us off its centre."""
    person, line = terminal
    arguments = (f"pwm_root:={car.root}", f"calibration:={tmp_path / 'mine.json'}")
    with Launched("deepracer_car", "calibrate.launch.py", *arguments, terminal=line) as running:
        shown = b""
        while b"Step 1 of 8" not in shown:
            shown += os.read(person, 4096)
        os.write(person, b"\nw")
        wait_until(lambda: car.motor_and_servo == (NEUTRAL[0], 1_460_000))
        yield running


def test_a_person_calibrates_in_the_terminal_of_the_launch(calibrating, car, terminal, tmp_path):
    os.write(terminal[0], b"\n" * 7)
    assert calibrating.wait_for_end() == 0
    assert calibration.load(tmp_path / "mine.json").servo.mid == 1_460_000
    assert calibrating.processes() == {}


def test_ctrl_c_ends_it_in_neutral_and_saves_nothing(calibrating, car, tmp_path):
    calibrating.process.send_signal(signal.SIGINT)
    calibrating.wait_for_end()
    assert car.motor_and_servo == NEUTRAL
    assert "Traceback" not in calibrating.output
    assert calibrating.processes() == {}
    assert not (tmp_path / "mine.json").exists()
