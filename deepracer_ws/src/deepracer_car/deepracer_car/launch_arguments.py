"""Arguments that the car's launch files share."""

from __future__ import annotations

from launch.actions import DeclareLaunchArgument

from deepracer_car.calibration import DEFAULT_PATH
from deepracer_car.hardware import HARDWARE

HARDWARE_ARGUMENT = DeclareLaunchArgument(
    "hardware",
    choices=list(HARDWARE),
    description="The car: aws; raspberry_pi (PCA9685 driven by the kernel), raspberry_pi_i2c "
    "(PCA9685 driven over I2C); dry_run: none.",
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
