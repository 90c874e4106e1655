"""How the servo node starts and ends, and what it leaves behind."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from deepracer_car import calibration
from deepracer_car.calibration import Calibration, PulseRange
from deepracer_car.pwm import Channel
from deepracer_car.tail_led import DUTY_PER_LEVEL
from deepracer_core.command_gate import Mode
from deepracer_interfaces.msg import GateStatus
from servo_stage import FULL_LEFT, FULL_SPEED, NEUTRAL, Stage, servo_stage
from std_msgs.msg import Empty


@pytest.fixture
def stage(tmp_path) -> Iterator[Stage]:
    with servo_stage(tmp_path) as stage:
        yield stage


def test_pulses_follow_the_commands_by_calibration_and_parameters(stage):
    mine = Calibration(
        servo=PulseRange(1_100_000, 1_500_000, 1_800_000, -1),
        motor=PulseRange(1_300_000, 1_400_000, 1_700_000, 1),
    )
    calibration.save(stage.calibration_path, mine)
    stage.start("full_speed:=2.0", "max_throttle:=0.5")
    for speed, throttle in ((1.0, 0.4), (2.0, 0.5), (-1.0, -0.4)):
        for angle, position in ((0.0, 0.0), (math.radians(15), 0.5), (-FULL_LEFT, -1.0)):
            duties = mine.motor.duty(throttle), mine.servo.duty(position)
            stage.drive_until(duties, speed, angle)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_in_neutral_with_power_and_a_signal_ends_it_in_neutral_without(stage, number):
    for channel in ("pwm0", "pwm1"):
        (stage.car.chip / channel / "duty_cycle").write_text("1311000\n")
    stage.start()
    stage.wait_until(lambda: stage.diagnostics)
    assert stage.car.motor_and_servo == NEUTRAL
    assert stage.car.line() == "low"
    stage.drive_at_full()
    stage.wait_until(lambda: is_green_while_driven(stage))
    guard = stage.guard()
    stage.process.send_signal(number)
    status, stderr = stage.end()
    assert (status, stage.car.motor_and_servo, stage.car.line()) == (0, NEUTRAL, "high"), stderr
    assert stage.car.duty(Channel.LED_GREEN) == 0
    assert not Path(f"/proc/{guard}").exists()
    assert "is missing: the car is not calibrated" in stderr
    assert "Traceback" not in stderr


def is_green_while_driven(stage: Stage) -> bool:
    """Send a command; return whether the tail light, which follows the pulses, is green."""
    stage.send(FULL_SPEED, FULL_LEFT)
    return stage.car.duty(Channel.LED_GREEN) == 255 * DUTY_PER_LEVEL


def test_killed_it_leaves_a_car_in_neutral(stage):
    stage.start()
    stage.drive_at_full()
    stage.process.kill()
    stage.wait_for_neutral()


def test_stopped_it_leaves_a_car_in_neutral_and_ends_when_it_runs_again(stage):
    stage.start()
    stage.drive_at_full()
    stage.process.send_signal(signal.SIGSTOP)
    stage.wait_for_neutral()
    stage.wait_for_word("[ERROR] guard: stopped the car after")
    stage.send(FULL_SPEED, FULL_LEFT)
    stage.process.send_signal(signal.SIGCONT)
    status, stderr = stage.end()
    assert status == 1
    assert "[ERROR] the guard has stopped the car" in stderr
    assert stage.car.motor_and_servo == NEUTRAL


def test_stopped_for_less_than_the_guard_waits_its_command_ends_in_time_and_it_drives_on(stage):
    stage.start("guard_timeout:=2.0")
    stage.drive_at_full()
    stage.process.send_signal(signal.SIGSTOP)
    stage.wait_for_neutral()
    stage.process.send_signal(signal.SIGCONT)
    stage.status.publish(GateStatus(mode=Mode.STOPPED))  # if it took this machine a second
    stage.drive_at_full()


@pytest.mark.parametrize("answers", [True, False])
def test_stopped_in_neutral_it_is_not_given_up_but_takes_a_new_start(stage, answers):
    """A gate that was STOPPED before does not tell it again, but answers."""
    stage.start()
    stage.drive_at_full()
    stage.diagnostics.clear()
    stage.wait_until(lambda: stage.send(0.0, 0.0) or stage.diagnostics)
    assert stage.car.motor_and_servo == NEUTRAL
    stage.process.send_signal(signal.SIGSTOP)
    motor = stage.car.chip / "pwm0" / "duty_cycle"
    motor.write_text("1311000\n")
    stage.wait_for_neutral()  # the guard misses its heartbeat, for a second by now
    stage.asked.clear()
    stage.process.send_signal(signal.SIGCONT)
    stage.wait_until(lambda: stage.send(FULL_SPEED, FULL_LEFT) or Mode.STOPPED in stage.asked)
    assert stage.car.motor_and_servo == NEUTRAL
    stage.answers = answers
    if not answers:
        stage.status.publish(GateStatus(mode=Mode.STOPPED))
    stage.drive_at_full()


def test_a_blocked_loop_leaves_a_car_in_neutral_and_ends_the_node(stage):
    stage.start()
    stage.drive_at_full()
    stage.wait_until(lambda: stage.block.get_subscription_count() > 0)
    stage.drive_at_full()
    stage.block.publish(Empty())
    stage.wait_until(
        lambda: stage.send(FULL_SPEED, FULL_LEFT) or stage.car.motor_and_servo == NEUTRAL
    )
    status, stderr = stage.end()
    assert status == 1
    assert "the guard has stopped the car" in stderr
    assert stage.car.motor_and_servo == NEUTRAL


def test_a_bug_leaves_a_car_in_neutral_and_its_traceback(stage):
    crash = stage.node.create_publisher(Empty, "/crash", 1)
    stage.start()
    stage.drive_at_full()
    stage.wait_until(lambda: crash.get_subscription_count() > 0)
    stage.drive_at_full()
    crash.publish(Empty())
    status, stderr = stage.end()
    assert status == 1
    assert "AttributeError" in stderr
    assert stage.car.motor_and_servo == NEUTRAL


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_without_its_guard_it_stops_and_ends(stage, number):
    stage.start()
    stage.drive_at_full()
    guard = stage.guard()
    os.kill(guard, number)
    status, stderr = stage.end()
    assert status == 1
    assert f"[ERROR] the guard (process {guard})" in stderr
    assert stage.car.motor_and_servo == NEUTRAL
    assert not Path(f"/proc/{guard}").exists()


def test_hardware_that_is_lost_ends_it(stage):
    stage.start()
    stage.drive_at_full()
    (stage.car.chip / "pwm0" / "duty_cycle").unlink()
    stage.wait_until(lambda: stage.send(1.0, 0.0) or stage.process.poll() is not None)
    status, stderr = stage.end()
    assert status == 1
    assert "[ERROR] cannot write" in stderr
    assert stage.car.duty(Channel.SERVO) == NEUTRAL[1]


def test_started_again_it_waits_for_an_explicit_start(stage):
    """The gate drives on, because it never noticed that a servo node died."""
    stage.start(stopped=False)
    stage.wait_until(lambda: stage.send(FULL_SPEED, FULL_LEFT) or Mode.STOPPED in stage.asked)
    stage.wait_until(
        lambda: (
            stage.send(FULL_SPEED, FULL_LEFT)
            or (stage.diagnostics and int(stage.latest("commands")["refused"]) > 3)
        )
    )
    assert stage.latest("commands")["armed"] == "False"
    assert stage.car.motor_and_servo == NEUTRAL
    stage.status.publish(GateStatus(mode=Mode.STOPPED))
    stage.drive_at_full()


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("hardware:=jetson", "[ERROR] hardware 'jetson': give one of aws"),
        ("root:=/nowhere", "[ERROR] no PWM chip of device 0000:00:17.0"),
        ("measured_speeds:=[2.0, 1.0]", "[ERROR] 2 measured speeds and 1 throttles"),
    ],
)
def test_what_cannot_drive_ends_with_the_reason(stage, parameter, message):
    stage.start(parameter)
    status, stderr = stage.end()
    assert status == 1
    assert message in stderr
    assert "Traceback" not in stderr


def test_a_broken_calibration_ends_it_before_the_hardware_is_touched(stage):
    stage.calibration_path.write_text("{}")
    stage.start()
    status, stderr = stage.end()
    assert status == 1
    assert f"[ERROR] {stage.calibration_path}: Calibration is missing" in stderr
    assert stage.car.attribute(Channel.MOTOR, "enable") == "0"
