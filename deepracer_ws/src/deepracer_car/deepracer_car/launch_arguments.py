"""Arguments that the car's launch files share."""

from __future__ import annotations

from pathlib import Path

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration

from deepracer_car.calibration import DEFAULT_PATH
from deepracer_car.hardware import AUTO, HARDWARE, detect_car

HARDWARE_ARGUMENT = DeclareLaunchArgument(
    "hardware",
    default_value=AUTO,
    choices=[AUTO, *HARDWARE],
    description="The car: aws; raspberry_pi (PCA9685 driven by the kernel), raspberry_pi_i2c "
    "(PCA9685 driven over I2C); dry_run: none. auto: aws or raspberry_pi, by its PWM chip.",
)

CALIBRATION_ARGUMENT = DeclareLaunchArgument(
    "calibration",
    default_value=str(DEFAULT_PATH),
    description="Calibration file; what calibrate.launch.py replaces is kept beside it as .backup.",
)

PWM_ROOT_ARGUMENT = DeclareLaunchArgument(
    "pwm_root",
    default_value="/",
    description="Folder in which the hardware is looked for, as from /; another one for tests.",
)


def chosen_hardware(context: LaunchContext) -> str:
    """Name of the hardware that the arguments ask for.

    Raises:
        ConfigError: it is to be found, and is not there.
    """
    name = LaunchConfiguration("hardware").perform(context)
    root = LaunchConfiguration("pwm_root").perform(context)
    return detect_car(Path(root)) if name == AUTO else name
