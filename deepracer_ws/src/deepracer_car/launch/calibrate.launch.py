"""Calibrates servo and motor, in this terminal, step by step.

ros2 launch deepracer_car calibrate.launch.py hardware:=aws
"""

from __future__ import annotations

from deepracer_car.launch_arguments import (
    CALIBRATION_ARGUMENT,
    HARDWARE_ARGUMENT,
    PWM_ROOT_ARGUMENT,
)
from deepracer_drive.launching import our_terminal
from launch import LaunchDescription
from launch.actions import EmitEvent, ExecuteProcess
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.substitutions import ExecutableInPackage


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            HARDWARE_ARGUMENT,
            CALIBRATION_ARGUMENT,
            PWM_ROOT_ARGUMENT,
            ExecuteProcess(
                cmd=[
                    ExecutableInPackage("calibrate", "deepracer_car"),
                    ["--hardware=", LaunchConfiguration("hardware")],
                    ["--file=", LaunchConfiguration("calibration")],
                    ["--root=", LaunchConfiguration("pwm_root")],
                    f"--terminal={our_terminal()}",
                ],
                output="screen",
                on_exit=[EmitEvent(event=Shutdown(reason="the calibration has ended"))],
            ),
        ]
    )
