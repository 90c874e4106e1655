"""The command line of the car at a running car: a dry run, seen by a folder of pictures."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from deepracer_car import calibration, car
from deepracer_car.car_client import CarClient
from deepracer_core.bundle.store import ModelStore
from deepracer_core.command_gate import Mode
from deepracer_core.errors import CarError
from deepracer_interfaces.msg import GateStatus, PolicyModel
from duty_log import FakeCar
from launched import Launched
from node_bench import Bench, bench
from rcl_interfaces.srv import GetParameters
from untrained import create_untrained, picture

NEUTRAL = (1_446_000, 1_450_000)


@dataclass
class Running:
    """A launched car and what is heard of it."""

    car: FakeCar
    peer: Bench
    calibration: Path
    statuses: list[GateStatus]
    models: list[PolicyModel]

    def is_in(self, mode: Mode) -> None:
        """Wait until the gate is in a mode."""
        self.peer.until(lambda: self.statuses[-1].mode == mode)


@pytest.fixture(scope="module")
def running(ros_isolation, tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("console")
    (folder / "images").mkdir()
    for seed in range(4):
        cv2.imwrite(str(folder / f"images/{seed}.png"), picture(seed))
    for name, seed in (("one", 2), ("two", 3)):
        create_untrained(ModelStore(), name, seed=seed)
    fake = FakeCar(folder / "car")
    arguments = (
        "hardware:=aws",
        f"pwm_root:={fake.root}",
        f"camera:={folder / 'images'}",
        f"calibration:={folder / 'mine.json'}",
        "fps:=15.0",
        "guard_timeout:=2.0",
    )
    with bench() as peer, Launched("deepracer_car", "drive.launch.py", *arguments):
        statuses = peer.listen(GateStatus, "/drive/status")
        models = peer.listen(PolicyModel, "/policy/model")
        peer.until(lambda: statuses and peer.peer.count_publishers("/policy/drive"))
        peer.until(lambda: fake.line() == "low")
        yield Running(fake, peer, folder / "mine.json", statuses, models)


@pytest.fixture
def console(capsys) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in this process; gives exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = car.main(["--patience=30", *arguments])
        return status, *capsys.readouterr()

    return run


def test_without_a_model_it_does_not_start_and_says_what_to_do(running, console):
    status, out, err = console("start")
    assert (status, out) == (1, "")
    assert "load one with car load NAME" in err
    running.is_in(Mode.STOPPED)


def test_it_loads_a_model_starts_limits_shows_and_stops(running, console):
    assert "one is loaded" in console("load", "one")[1]
    status, out, err = console("start")
    assert (status, err) == (0, "")
    assert "one drives, up to 4.00 m/s" in out
    assert console("max-speed", "0.5")[0] == 0
    running.peer.until(lambda: running.statuses[-1].max_speed == 0.5)
    _, shown, _ = console("status")
    for text in ("AUTONOMOUS", "0.50 m/s", "one (up to 30 deg, 0.80 m/s)", "servo: commands"):
        assert text in shown
    assert console("stop")[:2] == (0, "stopped\n")
    running.is_in(Mode.STOPPED)
    running.peer.until(lambda: running.car.motor_and_servo == NEUTRAL)


def test_another_model_stops_the_car_and_changes_what_gets_full_throttle(running, console):
    console("load", "one")
    console("start")
    running.is_in(Mode.AUTONOMOUS)
    assert "two is loaded" in console("load", "two")[1]
    running.is_in(Mode.STOPPED)
    running.peer.until(lambda: running.models[-1].model == "two")

    def full_speed() -> float:
        answer = running.peer.call(GetParameters, "/servo/get_parameters", names=["full_speed"])
        value: float = answer.values[0].double_value
        return value

    running.peer.until(lambda: full_speed() == 0.8)  # the model's; without one it is 4.0


def test_a_model_that_cannot_be_loaded_stops_the_car_and_leaves_the_former(running, console):
    console("load", "one")
    console("start")
    running.is_in(Mode.AUTONOMOUS)
    status, _, err = console("load", "no-such-model")
    assert status == 1
    assert "there is no model 'no-such-model'" in err
    assert "one is still loaded" in err
    running.is_in(Mode.STOPPED)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("max-speed", "9"), "max_speed"), (("mode", "calibration"), "set the mode STOPPED first")],
)
def test_what_the_car_refuses_is_told_with_the_reason(running, console, arguments, message):
    console("load", "one")
    console("start")
    status, out, err = console(*arguments)
    assert (status, out) == (1, "")
    assert message in err
    console("stop")
    running.is_in(Mode.STOPPED)


@contextmanager
def calibrating() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A calibration that has begun, and the keyboard of the person who does it."""
    person, terminal = pty.openpty()
    terminal_of = f"--terminal={os.ttyname(terminal)}"
    command = [sys.executable, "-m", "deepracer_car.car", "--patience=30", "calibrate", terminal_of]
    pipe = subprocess.PIPE
    try:
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
            try:
                shown = b""
                while b"Step 1 of 8" not in shown:
                    assert process.poll() is None, process.stderr.read()
                    if select.select([person], [], [], 0.1)[0]:
                        shown += os.read(person, 4096)
                yield process, person
            finally:
                process.kill()  # if it has not ended by itself
    finally:
        os.close(person)
        os.close(terminal)


def test_it_has_the_car_calibrated_without_another_hand_on_the_hardware(running, console):
    with calibrating() as (process, person):
        running.is_in(Mode.CALIBRATION)
        os.write(person, b"\nw")
        running.peer.until(lambda: running.car.motor_and_servo == (NEUTRAL[0], 1_460_000))
        os.write(person, b"\n" * 7)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"saved in {running.calibration}" in stdout
    running.is_in(Mode.STOPPED)
    assert calibration.load(running.calibration).servo.mid == 1_460_000
    # The servo node has the hardware again, with the new calibration.
    running.peer.until(lambda: running.car.motor_and_servo == (NEUTRAL[0], 1_460_000))
    running.peer.until(lambda: running.car.line() == "low")
    assert console("load", "one")[0] == 0
    assert console("start")[0] == 0
    assert console("stop")[0] == 0


def test_who_stops_the_car_ends_its_calibration(running, console):
    with calibrating() as (process, person):
        before = running.car.motor_and_servo
        os.write(person, b"\nw")
        running.peer.until(lambda: running.car.motor_and_servo != before)
        assert console("stop")[0] == 0
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "somebody stopped the car" in stderr
    running.is_in(Mode.STOPPED)
    running.peer.until(lambda: running.car.motor_and_servo == before)
    assert console("load", "one")[0] == 0
    assert console("start")[0] == 0  # the servo node has the hardware again
    assert console("stop")[0] == 0


@pytest.mark.parametrize("command", [("start",), ("mode", "manual")])
def test_a_start_that_is_refused_leaves_a_calibration_alone(running, console, command):
    with calibrating() as (process, person):
        running.is_in(Mode.CALIBRATION)
        before = len(running.statuses)
        status, _, err = console(*command)
        assert (status, "set the mode STOPPED first" in err) == (1, True)
        moved = (NEUTRAL[0], running.car.motor_and_servo[1] + 10_000)
        os.write(person, b"\nw")  # it goes on
        running.peer.until(lambda: running.car.motor_and_servo == moved)
        assert {status.mode for status in running.statuses[before:]} <= {Mode.CALIBRATION}
        assert process.poll() is None
        console("stop")
        process.communicate(timeout=60)
    running.is_in(Mode.STOPPED)


def test_a_start_without_an_answer_stops_the_car(running, console, monkeypatch):
    """The gate may have heard."""
    asked = []

    def unanswered(client: CarClient, mode: Mode) -> None:
        asked.append(mode)
        if mode is Mode.AUTONOMOUS:
            raise CarError("no answer")

    monkeypatch.setattr(CarClient, "set_mode", unanswered)
    assert console("start")[0] == 1
    assert asked == [Mode.AUTONOMOUS, Mode.STOPPED]


def test_no_name_of_a_model_leaves_a_car_driving(running, console):
    console("load", "one")
    console("start")
    running.is_in(Mode.AUTONOMOUS)
    before = len(running.statuses)
    status, _, err = console("load", "")
    assert (status, "no model is named" in err) == (1, True)
    assert Mode.STOPPED not in {status.mode for status in running.statuses[before:]}
    console("stop")
    running.is_in(Mode.STOPPED)


def test_ctrl_c_while_the_car_starts_stops_it(running, console, monkeypatch):
    console("load", "one")

    def interrupted(client: CarClient) -> str:
        running.peer.until(lambda: client.is_in(Mode.AUTONOMOUS))
        raise KeyboardInterrupt

    monkeypatch.setattr(car, "_driving", interrupted)
    assert console("start")[0] == 130
    running.is_in(Mode.STOPPED)


@pytest.mark.parametrize("since", [Mode.AUTONOMOUS, Mode.MANUAL, Mode.STOPPED])
def test_to_drive_is_not_asked_for_again_when_only_the_answer_was_lost(monkeypatch, since):
    """The gate has heard, and perhaps a person has stopped the car since."""
    with CarClient() as client:

        def lost(*_: object, may_repeat: Callable[[], bool]) -> None:
            assert may_repeat()
            client._on_gate(GateStatus(mode=Mode.AUTONOMOUS))
            client._on_gate(GateStatus(mode=since))
            assert not may_repeat()

        monkeypatch.setattr(client, "_call", lost)
        if since is Mode.AUTONOMOUS:
            client.set_mode(Mode.AUTONOMOUS)
            return
        with pytest.raises(CarError, match="somebody else has set it"):
            client.set_mode(Mode.AUTONOMOUS)


def test_without_a_car_it_says_how_to_start_one():
    done = subprocess.run(
        ["ros2", "run", "deepracer_car", "car", "--patience", "0.5", "stop"],
        env={**os.environ, "ROS_DOMAIN_ID": "102"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "in ROS domain 102" in done.stderr
    assert "drive.launch.py" in done.stderr
