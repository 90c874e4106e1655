"""PWM through the kernel: the chip of the AWS car, and a PCA9685 with the kernel's driver."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from deepracer_core.errors import HardwareError

from deepracer_car.pwm import PERIOD, Channel, Duties
from deepracer_car.sysfs import claim, show, store, wait_until_writable

CHIPS = Path("class/pwm")
"""Folder of all PWM chips, below /sys."""

WRITTEN = ("period", "duty_cycle", "enable")
"""Attributes of a channel that are written; udev gives them to their group one by one."""


def find_chip(device: str, root: Path) -> Path | None:
    """Folder of the PWM chip that belongs to a device, if there is one.

    Args:
        device: Name of the device in the chip's path.
        root: What stands for /sys.
    """
    for chip in sorted((root / CHIPS).glob("pwmchip*")):
        if device in chip.resolve().parts:
            return chip
    return None


class SysfsPwm:
    """A `Pwm` under /sys/class/pwm, found by the device that it belongs to."""

    def __init__(
        self, device: str, root: Path, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Name the chip.

        Args:
            device: Name of the device in the chip's path: a PCI address, or an I2C bus-address.
            root: What stands for /sys.
            sleep: Waits for some seconds.
        """
        self._device = device
        self._root = root
        self._folder = root / CHIPS
        self._sleep = sleep
        self._chip = Path()
        self._claimed: int | None = None

    def describe(self) -> str:
        """What it is and where."""
        return f"kernel PWM chip of device {self._device} in {self._folder}"

    def open(self, duties: Duties, *, exclusive: bool) -> None:
        """See `Pwm`."""
        self._chip = self._find_chip()
        if exclusive:
            self._claimed = claim(self._chip / "npwm")
        for channel, duty in duties.items():
            self._export(channel)
            self._start(channel, duty)

    def write(self, channel: Channel, duty: int) -> int:
        """See `Pwm`."""
        store(self._path(channel) / "duty_cycle", duty)
        return duty

    def close(self) -> None:
        """See `Pwm`."""
        if self._claimed is not None:
            os.close(self._claimed)
            self._claimed = None

    def _find_chip(self) -> Path:
        chip = find_chip(self._device, self._root)
        if chip is not None:
            return chip
        chips = sorted(self._folder.glob("pwmchip*"))
        there = ", ".join(str(chip.resolve()) for chip in chips) or "none"
        raise HardwareError(
            f"no PWM chip of device {self._device} in {self._folder} (there: {there}); check the "
            f"hardware:= argument, and that its kernel driver is loaded"
        )

    def _path(self, channel: Channel) -> Path:
        return self._chip / f"pwm{int(channel)}"

    def _export(self, channel: Channel) -> None:
        """Make the channel's files appear, and wait until they may be written."""
        path = self._path(channel)
        if not path.exists():
            try:
                store(self._chip / "export", int(channel))
            except HardwareError:
                if not path.exists():  # else another program has just done the same
                    raise
        for name in WRITTEN:
            wait_until_writable(path / name, self._sleep)

    def _start(self, channel: Channel, duty: int) -> None:
        """Set period before duty, because the kernel refuses pulses longer than the period."""
        path = self._path(channel)
        if show(path / "period") != str(PERIOD):
            if int(show(path / "duty_cycle")) > PERIOD:
                store(path / "duty_cycle", 0)
            store(path / "period", PERIOD)
        self.write(channel, duty)
        if show(path / "enable") != "1":
            store(path / "enable", 1)
