"""Drives the car: camera, model, command gate, servo and motor, and a person who may take over.

ros2 launch deepracer_car drive.launch.py model:=my-model
ros2 launch deepracer_car drive.launch.py hardware:=dry_run camera:=drive.mp4 model:=my-model

The car stands until somebody starts it (a joystick, a key of the keyboard, or this):

ros2 run deepracer_car car start
"""

from __future__ import annotations

from deepracer_car.launch_arguments import (
    CALIBRATION_ARGUMENT,
    HARDWARE_ARGUMENT,
    PWM_ROOT_ARGUMENT,
    chosen_hardware,
)
from deepracer_drive.launching import (
    LOCAL_ONLY,
    RECORD_ARGUMENT,
    TELEOP_ARGUMENT,
    argument,
    needed_node,
    recording,
    teleop,
)
from deepracer_drive.models import open_store
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration

ARGUMENTS = [
    HARDWARE_ARGUMENT,
    DeclareLaunchArgument(
        "model",
        default_value="",
        description="Model that drives: its name, or its folder. Empty: none, until /load_model.",
    ),
    TELEOP_ARGUMENT,
    DeclareLaunchArgument(
        "camera",
        default_value="auto",
        description="auto: the first USB camera, else the Raspberry Pi's; a device file; a part of "
        "a video device's name; libcamera or libcamera:MODEL; a video file or a folder of images.",
    ),
    DeclareLaunchArgument(
        "camera_info",
        default_value="",
        description="The camera's calibration, as camera_calibration writes it; empty: none.",
    ),
    DeclareLaunchArgument("fps", default_value="30.0", description="Images per second, 1 to 60."),
    DeclareLaunchArgument(
        "max_speed",
        default_value="4.0",
        description="Commands are held to this speed [m/s] of the model's scale.",
    ),
    DeclareLaunchArgument(
        "max_throttle",
        default_value="0.5",
        description="Throttle, 0 to 1, for the model's largest speed: decides how fast the car is.",
    ),
    CALIBRATION_ARGUMENT,
    DeclareLaunchArgument(
        "guard_timeout",
        default_value="0.1",
        description="Silence of the servo node after which its guard stops the car [s]; the guard "
        "ends the last command in time, too, however long it waits for the node.",
    ),
    DeclareLaunchArgument(
        "obstacle_distance",
        default_value="0.0",
        description="Going forwards, stop when the scanner (/scan) sees something this near ahead, "
        "or is silent [m]; 0: no scanner.",
    ),
    DeclareLaunchArgument(
        "scan_yaw",
        default_value="0.0",
        description="Direction of the scanner's x axis in the car [rad]; 0: ahead.",
    ),
    PWM_ROOT_ARGUMENT,
    RECORD_ARGUMENT,
]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([LOCAL_ONLY, *ARGUMENTS, OpaqueFunction(function=drive)])


def drive(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """What the arguments ask for.

    Raises:
        DeepRacerError: what is wrong with them.
    """
    model = LaunchConfiguration("model").perform(context)
    hardware = chosen_hardware(context)
    if model:
        open_store().find(model).read_metadata()
    camera = {name: argument(name) for name in ("camera", "camera_info")}
    gate = {name: argument(name, float) for name in ("max_speed", "obstacle_distance", "scan_yaw")}
    servo = {
        "hardware": hardware,
        "root": argument("pwm_root"),
        "calibration": argument("calibration"),
        "max_throttle": argument("max_throttle", float),
        "guard_timeout": argument("guard_timeout", float),
    }
    return [
        needed_node("deepracer_car", "camera", {**camera, "fps": argument("fps", float)}),
        needed_node(
            "deepracer_drive", "inference", {"model": argument("model"), "stop_to_load": True}
        ),
        needed_node("deepracer_drive", "command_gate", gate),
        needed_node("deepracer_car", "servo", servo),
        *teleop(LaunchConfiguration("teleop").perform(context)),
        recording(),
    ]
