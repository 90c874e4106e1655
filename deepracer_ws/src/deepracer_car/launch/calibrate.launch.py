"""Calibrates servo and motor, in this terminal, step by step.

ros2 launch deepracer_car calibrate.launch.py
"""

from __future__ import annotations

from deepracer_car.launch_arguments import (
    CALIBRATION_ARGUMENT,
    HARDWARE_ARGUMENT,
    PWM_ROOT_ARGUMENT,
    chosen_hardware,
)
from deepracer_drive.launching import needed_process, our_terminal
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            HARDWARE_ARGUMENT,
            CALIBRATION_ARGUMENT,
            PWM_ROOT_ARGUMENT,
            OpaqueFunction(function=calibrate),
        ]
    )


def calibrate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The calibration.

    Raises:
        ConfigError: this is no computer of a car.
    """
    hardware = chosen_hardware(context)
    command = [
        ExecutableInPackage("calibrate", "deepracer_car"),
        f"--hardware={hardware}",
        ["--file=", LaunchConfiguration("calibration")],
        ["--root=", LaunchConfiguration("pwm_root")],
        f"--terminal={our_terminal()}",
    ]
    return [needed_process(command, "calibrate")]
