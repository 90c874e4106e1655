"""The cars that the stack drives: which PWM chip each has, and what enables it.

What was found out from where: "stock car" for AWS, "custom-car" for the Raspberry Pi, a Waveshare
Servo HAT (PCA9685 at 0x40) on I2C bus 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deepracer_core.errors import ConfigError

from deepracer_car.dry_run import DryRun
from deepracer_car.gpio import EnableLine
from deepracer_car.pca9685 import Pca9685
from deepracer_car.pwm import Pwm
from deepracer_car.sysfs_pwm import SysfsPwm, find_chip

AWS_DEVICE = "0000:00:17.0"
"""PCI address of the PWM chip of the AWS car; stock car."""
AWS_ENABLE = (436, 514)
"""GPIO line that enables servo and motor: on Ubuntu 20.04, and since 24.04."""
PI_DEVICE = "1-0040"
"""The PCA9685 as the kernel's I2C driver calls it: bus 1, address 0x40."""
PI_BUS, PI_ADDRESS = "dev/i2c-1", 0x40

SYSTEM = Path("/")
"""Root of the file system in which hardware is looked for."""


@dataclass(frozen=True)
class Hardware:
    """What the servo node drives."""

    pwm: Pwm
    """The PWM chip."""
    enable: EnableLine
    """What lets its pulses through."""


def _aws(root: Path) -> Hardware:
    sys = root / "sys"
    return Hardware(SysfsPwm(AWS_DEVICE, sys), EnableLine(AWS_ENABLE, sys))


def _raspberry_pi(root: Path) -> Hardware:
    sys = root / "sys"
    return Hardware(SysfsPwm(PI_DEVICE, sys), EnableLine((), sys))


def _raspberry_pi_i2c(root: Path) -> Hardware:
    return Hardware(Pca9685(root / PI_BUS, PI_ADDRESS), EnableLine((), root / "sys"))


def _dry_run(root: Path) -> Hardware:
    return Hardware(DryRun(), EnableLine((), root / "sys"))


AUTO = "auto"
"""Stands for the car that `detect_car` finds."""

HARDWARE: dict[str, Callable[[Path], Hardware]] = {
    "aws": _aws,
    "raspberry_pi": _raspberry_pi,
    "raspberry_pi_i2c": _raspberry_pi_i2c,
    "dry_run": _dry_run,
}
"""Makes each kind of car's hardware, without touching it."""


def find_hardware(name: str, root: Path = SYSTEM) -> Hardware:
    """The hardware of this name, untouched.

    Args:
        name: One of `HARDWARE`.
        root: Where to look for it; another folder for tests.

    Raises:
        ConfigError: there is no such hardware.
    """
    try:
        return HARDWARE[name](root)
    except KeyError:
        raise ConfigError(f"hardware {name!r}: give one of {', '.join(HARDWARE)}") from None


def detect_car(root: Path = SYSTEM) -> str:
    """Name of the car that this computer is in, by the PWM chip that its kernel drives.

    What only hangs on an I2C bus is not asked: it may be something else.

    Args:
        root: Where to look for it; another folder for tests.

    Raises:
        ConfigError: there is no such chip.
    """
    for device, name in ((AWS_DEVICE, "aws"), (PI_DEVICE, "raspberry_pi")):
        if find_chip(device, root / "sys") is not None:
            return name
    raise ConfigError(
        "this computer has no PWM chip of a car: name the car (hardware:=aws, raspberry_pi or "
        "raspberry_pi_i2c; ros2 run deepracer_car doctor looks what is wrong), or do without one "
        "(hardware:=dry_run)"
    )
