"""PWM by a PCA9685 on I2C, for Raspberry Pis whose kernel does not drive that chip itself.

The registers are written through smbus2, which is pure Python without dependencies and packaged by
Debian and Ubuntu. adafruit-circuitpython-pca9685 would spare the twenty lines about registers, but
brings Blinka and its board detection with it, which is heavy for the guard and finds no pins on
machines that it does not know. smbus2 is needed by this driver only and loaded when it is opened.

Registers and timing: PCA9685 data sheet (NXP, rev. 4), sections 7.3 and 7.3.5.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from deepracer_core.errors import HardwareError

from deepracer_car.pwm import PERIOD, Channel, Duties
from deepracer_car.sysfs import claim

MODE1, MODE2, LED0, PRESCALE = 0x00, 0x01, 0x06, 0xFE  # registers
AUTO_INCREMENT, SLEEP = 0x20, 0x10  # bits of MODE1
TOTEM_POLE = 0x04  # bit of MODE2: drive the outputs high and low
FULL_OFF = 0x10  # bit of LEDn_OFF_H: no pulse at all

OSCILLATOR_PERIOD = 40
"""[ns] of the internal oscillator, 25 MHz."""
STEPS = 4096
"""Of a period."""
PRESCALE_50_HZ = round(PERIOD / (STEPS * OSCILLATOR_PERIOD)) - 1
"""121: what makes the period of 4096 steps as close to `PERIOD` as the chip can."""
STEP = (PRESCALE_50_HZ + 1) * OSCILLATOR_PERIOD
"""[ns] 4880: pulses are whole numbers of these."""
WAKING_TIME = 500e-6
"""[s] that the oscillator needs after sleep."""

REPAIRS = {
    errno.ENOENT: "enable I2C (raspi-config, or dtparam=i2c_arm=on) and check the bus number",
    errno.EACCES: "add your user to the group i2c",
    errno.EBUSY: "the kernel drives this chip itself: use hardware:=raspberry_pi",
    errno.EREMOTEIO: "no chip answers: check that the board has power and its address "
    "(i2cdetect -y)",
    errno.ENXIO: "no chip answers: check that the board has power and its address (i2cdetect -y)",
}


class Bus(Protocol):
    """The part of smbus2.SMBus that is used."""

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """Read a register."""

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write a register."""

    def write_i2c_block_data(self, i2c_addr: int, register: int, data: Sequence[int]) -> None:
        """Write registers that follow each other, in one transfer."""

    def close(self) -> None:
        """Close the bus."""


class Pca9685:
    """A `Pwm` that talks to the chip itself."""

    def __init__(
        self, bus: Path, address: int, open_bus: Callable[[str], Bus] | None = None
    ) -> None:
        """Name the chip.

        Args:
            bus: Device file of the I2C bus.
            address: The chip's address on it.
            open_bus: Opens the bus; None: smbus2.
        """
        self._path = bus
        self._address = address
        self._open_bus = open_bus or _open_smbus2
        self._bus: Bus | None = None
        self._claimed: int | None = None

    def describe(self) -> str:
        """What it is and where."""
        return f"PCA9685 at address {self._address:#04x} of {self._path}"

    def open(self, duties: Duties, *, exclusive: bool) -> None:
        """See `Pwm`."""
        if exclusive:
            self._claimed = claim(self._path)
        try:
            self._bus = self._open_bus(str(self._path))
            if not self._is_running(self._bus):
                self._bus.write_byte_data(self._address, MODE1, SLEEP | AUTO_INCREMENT)
                self._bus.write_byte_data(self._address, PRESCALE, PRESCALE_50_HZ)
                self._bus.write_byte_data(self._address, MODE2, TOTEM_POLE)
            for channel, duty in duties.items():
                self.write(channel, duty)
            self._bus.write_byte_data(self._address, MODE1, AUTO_INCREMENT)
        except OSError as error:
            raise self._refusal(error) from error
        time.sleep(WAKING_TIME)

    def write(self, channel: Channel, duty: int) -> int:
        """See `Pwm`."""
        if self._bus is None:
            raise HardwareError(f"{self.describe()} is not open: open it before writing")
        if not 0 <= duty < STEP * STEPS:
            raise HardwareError(f"a pulse of {duty} ns: give 0 to {STEP * STEPS - 1} ns")
        steps = min(round(duty / STEP), STEPS - 1)
        low, high = (steps & 0xFF, steps >> 8) if steps else (0, FULL_OFF)
        try:
            self._bus.write_i2c_block_data(
                self._address, LED0 + 4 * int(channel), [0, 0, low, high]
            )
        except OSError as error:
            raise self._refusal(error) from error
        return steps * STEP

    def close(self) -> None:
        """See `Pwm`."""
        if self._bus is not None:
            self._bus.close()
            self._bus = None
        if self._claimed is not None:
            os.close(self._claimed)
            self._claimed = None

    def _is_running(self, bus: Bus) -> bool:
        """Whether the chip makes pulses of the right period: then it must not be put to sleep."""
        mode = bus.read_byte_data(self._address, MODE1)
        prescale = bus.read_byte_data(self._address, PRESCALE)
        return not mode & SLEEP and bool(mode & AUTO_INCREMENT) and prescale == PRESCALE_50_HZ

    def _refusal(self, error: OSError) -> HardwareError:
        repair = REPAIRS.get(error.errno or 0, "look into the kernel's log (dmesg)")
        return HardwareError(f"{self.describe()}: {error.strerror or error}; {repair}")


def _open_smbus2(path: str) -> Bus:
    try:
        from smbus2 import SMBus
    except ImportError as error:
        raise HardwareError(
            "smbus2 is not installed: sudo apt install python3-smbus2, or pip install smbus2"
        ) from error
    bus: Bus = SMBus(path)
    return bus
