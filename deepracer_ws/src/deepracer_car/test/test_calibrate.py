"""The guided calibration as a person runs it: a process in a terminal, with a fake AWS car."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deepracer_car import calibration
from deepracer_car.calibration import Calibration, PulseRange
from deepracer_car.pwm import Channel
from fake_car import FakeCar

WAIT = 30.0  # [s] until a test gives up
NEUTRAL = (1_446_000, 1_450_000)

# The guard's 100 ms would be too short on a machine on which many tests run at once.
PROGRAM = """
import functools, sys
from deepracer_car import calibrate
calibrate.GuardLink = functools.partial(calibrate.GuardLink, timeout=1_000_000_000)
sys.exit(calibrate.main())
"""


class Person:
    """Somebody at a terminal in which the calibration runs."""

    def __init__(self, car: FakeCar, path: Path) -> None:
        self.car, self.path = car, path
        self.keyboard, self.terminal = pty.openpty()
        self.screen = ""
        self.process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        values = {
            "hardware": "aws",
            "root": self.car.root,
            "file": self.path,
            "terminal": os.ttyname(self.terminal),
        }
        arguments = [f"--{name}={value}" for name, value in values.items()]
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "deepracer_car.calibrate",
                "--hardware=aws",
                *arguments,
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT
        while not true():
            assert time.monotonic() < deadline, self.screen
            if select.select([self.keyboard], [], [], 0.005)[0]:
                self.screen += os.read(self.keyboard, 4096).decode()

    def read(self, text: str) -> None:
        """Wait until the text is on the screen, then look for new text only."""
        self.wait_until(lambda: text in self.screen)
        self.screen = self.screen.rpartition(text)[2]

    def press(self, keys: str) -> None:
        os.write(self.keyboard, keys.encode())

    def end(self) -> tuple[int, str, str]:
        self.wait_until(lambda: self.process.poll() is not None)
        stdout, stderr = self.process.communicate(timeout=WAIT)
        return self.process.returncode, stdout, stderr

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        os.close(self.keyboard)
        os.close(self.terminal)


@pytest.fixture
def person(tmp_path) -> Iterator[Person]:
    person = Person(FakeCar(tmp_path / "car"), tmp_path / "calibration.json")
    yield person
    person.close()


def test_a_whole_calibration(person):
    calibration.save(person.path, Calibration())
    person.start()
    person.read("Step 1 of 8")
    assert person.car.motor_and_servo == NEUTRAL
    assert person.car.line() == "low"
    person.press("\n")
    person.read("Step 2 of 8")
    person.press("w")
    person.wait_until(lambda: person.car.duty(Channel.SERVO) == 1_460_000)
    person.press("\n\n\n")
    person.read("Step 5 of 8")
    person.press("ss")
    person.wait_until(lambda: person.car.duty(Channel.MOTOR) == 1_426_000)
    person.press("\n\n\n")
    person.read("Step 8 of 8")
    assert person.car.motor_and_servo == (1_446_000, 1_460_000)
    person.press("\n")
    status, stdout, stderr = person.end()
    assert (status, stderr) == (0, "")
    assert "saved in" in stdout
    assert person.car.line() == "high"
    assert calibration.load(person.path) == Calibration(
        servo=PulseRange(1_200_000, 1_460_000, 1_700_000, 1),
        motor=PulseRange(1_426_000, 1_446_000, 1_603_500, -1),
    )
    assert calibration.load(calibration.backup_path(person.path)) == Calibration()


def test_the_former_calibration_is_restored(person):
    calibration.save(person.path, Calibration())
    calibration.save(person.path, Calibration(servo=PulseRange(1_000_000, 1_100_000, 1_200_000, 1)))
    person.start()
    person.read("Step 1 of 8")
    assert person.car.duty(Channel.SERVO) == 1_100_000
    person.press("r")
    status, stdout, _ = person.end()
    assert status == 0
    assert "is again as in" in stdout
    assert calibration.load(person.path) == Calibration()


def test_quitting_saves_nothing(person):
    person.start()
    person.read("Step 1 of 8")
    person.press("\nw")
    person.read("pulse 1460")
    person.press("q")
    status, stdout, _ = person.end()
    assert (status, stdout) == (0, "not saved\n")
    assert not person.path.exists()
    assert person.car.motor_and_servo == NEUTRAL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_motor_that_turns_stops_when_the_calibration_is_ended(person, number):
    person.start()
    person.read("Step 1 of 8")
    person.press("\n\n\n\nss")
    person.wait_until(lambda: person.car.duty(Channel.MOTOR) == 1_426_000)
    person.process.send_signal(number)
    person.wait_until(lambda: person.car.motor_and_servo == NEUTRAL)
    status, _, stderr = person.end()
    assert status == (-9 if number == signal.SIGKILL else 0)
    assert "Traceback" not in stderr
    assert not person.path.exists()


def test_without_a_terminal_it_says_so(person):
    person.start("--terminal=/dev/null")
    status, _, stderr = person.end()
    assert status == 1
    assert "[ERROR] the keyboard cannot be read: /dev/null" in stderr


def test_a_car_that_drives_is_not_calibrated(person):
    from deepracer_car.hardware import find_hardware

    servo_node = find_hardware("aws", person.car.root).pwm
    servo_node.open({Channel.MOTOR: 1_311_000}, exclusive=True)
    person.start()
    status, _, stderr = person.end()
    servo_node.close()
    assert status == 1
    assert "in use by another servo node" in stderr
    assert person.car.duty(Channel.MOTOR) == 1_311_000
