"""How a servo node drives; all tests share one, because none of them ends it."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator

import pytest
from deepracer_car.calibration import Calibration
from deepracer_car.hardware import AWS_DEVICE
from deepracer_car.pwm import Channel
from deepracer_car.sysfs import claim
from deepracer_car.sysfs_pwm import find_chip
from deepracer_car.tail_led import DUTY_PER_LEVEL
from deepracer_core.command_gate import Mode
from deepracer_core.errors import HardwareBusyError
from deepracer_interfaces.msg import GateStatus
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from servo_stage import FULL, FULL_LEFT, FULL_SPEED, NEUTRAL, Stage, servo_stage


@pytest.fixture(scope="module")
def driving(tmp_path_factory) -> Iterator[Stage]:
    with servo_stage(tmp_path_factory.mktemp("driving")) as stage:
        stage.start()
        yield stage


def test_silence_means_neutral_and_the_next_command_drives_again(driving):
    driving.drive_at_full()
    driving.wait_for_neutral()
    driving.drive_at_full()


BAD = [
    (math.nan, 0.1, 0.0),
    (1.0, math.inf, 0.0),
    (5.0, 0.1, 0.0),
    (1.0, -0.6, 0.0),
    (1.0, 0.1, 1.0),
    (1.0, 0.1, -1.0),
]  # speed [m/s], angle [rad], age [s]


def test_a_bad_command_means_neutral_and_a_good_one_drives_again(driving):
    for bad in BAD:
        driving.drive_at_full()

        def is_refused(bad=bad) -> bool:
            driving.send(*bad)
            is_red = driving.car.duty(Channel.LED_RED) == 255 * DUTY_PER_LEVEL
            return is_red and driving.car.motor_and_servo == NEUTRAL

        driving.wait_until(is_refused)


def test_the_largest_throttle_changes_while_driving(driving):
    driving.drive_at_full()
    client = driving.node.create_client(SetParameters, "/servo/set_parameters")
    driving.wait_until(client.service_is_ready)

    def change(value: float):
        content = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
        request = SetParameters.Request(parameters=[Parameter(name="max_throttle", value=content)])
        future = client.call_async(request)
        driving.wait_until(future.done)
        return future.result().results[0]

    assert change(0.5).successful
    half = Calibration().motor.duty(0.5)
    driving.drive_until((half, FULL[1]), FULL_SPEED, FULL_LEFT)
    assert not change(1.5).successful
    driving.drive_until((half, FULL[1]), FULL_SPEED, FULL_LEFT)
    assert change(1.0).successful


def test_it_tells_counters_and_latencies(driving):
    driving.drive_at_full()
    driving.wait_until(
        lambda: (
            driving.send(1.0, 0.0, age=0.05)
            or (driving.diagnostics and int(driving.latest("commands")["used"]) > 10)
        )
    )
    latency = driving.latest("latency")
    assert 0.0 < float(latency["p50 [ms]"]) <= float(latency["p99 [ms]"]) < 250.0
    assert sum(int(count) for label, count in latency.items() if "[ms]" not in label) > 10
    assert driving.diagnostics[-1].status[0].hardware_id == "aws"


def test_hardware_that_a_calibration_still_has_is_taken_once_it_is_free(driving):
    driving.drive_at_full()
    driving.status.publish(GateStatus(mode=Mode.CALIBRATION))
    chip = find_chip(AWS_DEVICE, driving.car.root / "sys")
    held: list[int] = []

    def is_held() -> bool:
        with contextlib.suppress(HardwareBusyError):
            held.append(claim(chip / "npwm"))
        return bool(held)

    driving.wait_until(is_held)
    assert driving.car.motor_and_servo == NEUTRAL
    # As if somebody had pressed stop, and start, before the calibration noticed.
    driving.asked.clear()
    driving.status.publish(GateStatus(mode=Mode.STOPPED))
    driving.status.publish(GateStatus(mode=Mode.AUTONOMOUS))
    driving.wait_until(
        lambda: driving.send(FULL_SPEED, FULL_LEFT) or driving.asked.count(Mode.STOPPED) >= 2
    )
    assert driving.is_alive()
    assert driving.car.motor_and_servo == NEUTRAL
    os.close(held[0])
    driving.status.publish(GateStatus(mode=Mode.STOPPED))
    driving.drive_at_full()


def test_two_servo_nodes_do_not_drive_one_car(driving):
    first, driving.process = driving.process, None
    driving.start()
    status, stderr = driving.end()
    driving.process = first
    assert status == 1
    assert "in use by another servo node" in stderr
    driving.drive_at_full()
