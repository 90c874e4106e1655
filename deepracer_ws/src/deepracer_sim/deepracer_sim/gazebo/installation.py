"""Whether Gazebo is installed, and what to install for which distribution of ROS 2."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)
from deepracer_core.errors import SimulationError

RELEASES = {"jazzy": "Harmonic", "kilted": "Ionic", "lyrical": "Jetty"}
"""The release of Gazebo that belongs to each distribution of ROS 2 (gazebosim.org)."""

PROGRAM = "gz"
BRIDGE = "ros_gz_bridge"


def check_installation(*, with_bridge: bool) -> None:
    """Refuse to go on without Gazebo.

    Args:
        with_bridge: whether ros_gz is needed, too.

    Raises:
        SimulationError: something is missing; says what to install.
    """
    if shutil.which(PROGRAM) is None:
        raise SimulationError(f"Gazebo is not installed: no program {PROGRAM}. {what_to_install()}")
    if not with_bridge:
        return
    try:
        get_package_prefix(BRIDGE)
    except PackageNotFoundError as error:
        raise SimulationError(
            f"there is no package {BRIDGE}. {what_to_install()} Or go without it, by the Python "
            "bindings of gz-transport: gz_client:=transport"
        ) from error
    if not _can_move_entities():
        raise SimulationError(
            "ros_gz is too old: it has no service SetEntityPose, which ROS 2 Jazzy has since its "
            "version 1.0.11 (March 2025). sudo apt update && sudo apt upgrade"
        )


def _can_move_entities() -> bool:
    try:
        interfaces = Path(get_package_share_directory("ros_gz_interfaces"))
    except PackageNotFoundError:
        return False
    return (interfaces / "srv" / "SetEntityPose.srv").is_file()


def what_to_install() -> str:
    """The command for the distribution of ROS 2 that is in use."""
    distribution = os.environ.get("ROS_DISTRO", "")
    release = RELEASES.get(distribution)
    if release is None:
        known = ", ".join(f"{name.capitalize()} with {RELEASES[name]}" for name in RELEASES)
        return f"It is used with ROS 2 {known}: sudo apt install ros-<distribution>-ros-gz."
    return (
        f"For ROS 2 {distribution.capitalize()} it is Gazebo {release}: sudo apt install "
        f"ros-{distribution}-ros-gz, then source ROS 2 anew. (ROS 2 from Python wheels has no "
        "Gazebo: install ROS 2 itself.) engine:=mujoco needs nothing of this."
    )
