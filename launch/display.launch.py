"""Shows the car on the track: robot description, tf, track markers, and rviz2 if it is installed.

With a simulator or a car running: `ros2 launch deepracer display.launch.py parked:=false`.
"""

from __future__ import annotations

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from deepracer_drive.launching import needed_node
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import Command, LaunchConfiguration, PathJoinSubstitution
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare("deepracer")
ARGUMENTS = [
    DeclareLaunchArgument(
        "track",
        default_value="reinvent_2018",
        description="Name of the track: a folder of worlds/ or of $DEEPRACER_WORLDS.",
    ),
    DeclareLaunchArgument(
        "parked",
        default_value="true",
        choices=["true", "false"],
        description="Put the car on the start line; false where a simulator tells where it is.",
    ),
    DeclareLaunchArgument(
        "rviz",
        default_value="auto",
        choices=["auto", "true", "false"],
        description="Start rviz2; auto: if it is installed.",
    ),
]


def generate_launch_description() -> LaunchDescription:
    model = PathJoinSubstitution([SHARE, "urdf", "deepracer.urdf.xacro"])
    description = ParameterValue(Command(["xacro '", model, "'"]), value_type=str)
    publisher = "robot_state_publisher"
    track = {"track": ParameterValue(LaunchConfiguration("track"), value_type=str)}
    return LaunchDescription(
        [
            *ARGUMENTS,
            needed_node(publisher, publisher, {"robot_description": description}),
            needed_node("deepracer_sim", "track_publisher", track),
            needed_node(
                "deepracer_sim",
                "parked_car",
                track,
                condition=IfCondition(LaunchConfiguration("parked")),
            ),
            OpaqueFunction(function=rviz),
        ]
    )


def rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Start rviz2 as the argument says, or say what to do without it."""
    wanted = LaunchConfiguration("rviz").perform(context)
    if wanted == "true" or (wanted == "auto" and is_installed("rviz2")):
        config = PathJoinSubstitution([SHARE, "rviz", "deepracer.rviz"])
        return [needed_node("rviz2", "rviz2", arguments=["-d", config])]
    if wanted == "auto":
        track = LaunchConfiguration("track").perform(context)
        hint = f"rviz2 is not installed; for a picture: ros2 run deepracer snapshot --track {track}"
        return [LogInfo(msg=hint)]
    return []


def is_installed(package: str) -> bool:
    """Whether the package is in one of the sourced workspaces."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True
