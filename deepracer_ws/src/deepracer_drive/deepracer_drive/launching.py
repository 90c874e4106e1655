"""What launch files of the stack are made of."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from deepracer_core.errors import LaunchError
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    LogInfo,
    SetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import EnvironmentVariable, LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

Parameters = Mapping[str, Any]

RANGE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
LOCAL_ONLY = SetEnvironmentVariable(RANGE, EnvironmentVariable(RANGE, default_value="LOCALHOST"))
"""Nodes hear those of this machine only, unless the user has said otherwise: a laptop that
simulates must not drive the car in the same network, nor one car another."""

TELEOP_ARGUMENT = DeclareLaunchArgument(
    "teleop",
    default_value="none",
    choices=["none", "keyboard", "joystick"],
    description="With what a person drives, or takes over from the model.",
)

RECORD_ARGUMENT = DeclareLaunchArgument(
    "record",
    default_value="false",
    choices=["true", "false"],
    description="Record all topics as MCAP into a new folder rosbag2_<time> right here.",
)

RECORDER_PATIENCE = "30"
"""Time [s] that a recorder has to complete its bag on Ctrl-C, before anything harder: a bag that is
cut off has to be repaired."""


def argument(name: str, kind: type = str) -> ParameterValue:
    """A launch argument as parameter of this type."""
    return ParameterValue(LaunchConfiguration(name), value_type=kind)


def needed_node(
    package: str, executable: str, parameters: Parameters | None = None, **options: Any
) -> Node:
    """A node without which the others are of no use: when it ends, they end too."""
    return Node(
        package=package,
        executable=executable,
        parameters=[dict(parameters or {})],
        output="screen",
        on_exit=end_launch,
        **options,
    )


def needed_process(command: list[Any], name: str, **options: Any) -> ExecuteProcess:
    """A program that is no node, but without which the others are of no use either."""
    return ExecuteProcess(cmd=command, name=name, output="screen", on_exit=end_launch, **options)


def end_launch(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """End all with a process; for its `on_exit`.

    `ros2 launch` itself does not look at how its processes end: its exit code would be 0.

    Raises:
        LaunchError: the process has failed; with that the exit code is 1.
    """
    if context.is_shutdown:
        return []
    name = executable_of(event)
    if event.returncode != 0:
        raise LaunchError(
            f"{name} has ended with exit code {event.returncode}: the reason, if there is one, "
            "stands above"
        )
    return [EmitEvent(event=Shutdown(reason=f"{name} has ended"))]


def executable_of(event: ProcessExited) -> str:
    """What ended; launch has added a number to its name."""
    return str(event.process_name.rpartition("-")[0])


def teleop(kind: str, parameters: Parameters | None = None) -> list[LaunchDescriptionEntity]:
    """The nodes by which a person drives: for each choice of `TELEOP_ARGUMENT`."""
    if kind == "keyboard":
        terminal = {"terminal": our_terminal()}
        return [
            needed_node("deepracer_drive", "keyboard_teleop", {**(parameters or {}), **terminal})
        ]
    if kind == "joystick":
        return [needed_node("deepracer_drive", "joy_teleop", parameters), _joystick_driver()]
    return []


def recording() -> ExecuteProcess:
    """What `RECORD_ARGUMENT` asks for."""
    return ExecuteProcess(
        cmd=["ros2", "bag", "record", "--all", "--storage", "mcap"],
        output="screen",
        sigterm_timeout=RECORDER_PATIENCE,
        condition=IfCondition(LaunchConfiguration("record")),
    )


def our_terminal() -> str:
    """Path of the terminal of this launch, which works from the session of another process too."""
    stdin = sys.stdin.fileno()
    return os.ttyname(stdin) if os.isatty(stdin) else "/dev/tty"


def _joystick_driver() -> LaunchDescriptionEntity:
    """What reads the joystick, or a hint where it is not installed."""
    try:
        get_package_prefix("joy")
    except PackageNotFoundError:
        hint = (
            "joy is not installed, so /joy must come from elsewhere: apt install ros-<distro>-joy"
        )
        return LogInfo(msg=hint)
    return needed_node("joy", "joy_node", {"autorepeat_rate": 50.0})
