"""A car's hardware without the car: a tree like /sys of the AWS car or of a Raspberry Pi.

Its attributes are plain files. For tests within one process, `Kernel` stands between them and the
code under test and refuses what Linux refuses (drivers/pwm/sysfs.c and core.c, drivers/gpio). Other
processes write the files directly, so there nothing is refused, and nothing appears by an export:
their trees have all channels and lines exported, as after a run of the stock software.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from deepracer_car.hardware import AWS_DEVICE, PI_DEVICE
from deepracer_car.pwm import PERIOD, Channel

CHIP_OF = {
    "aws": f"devices/pci0000:00/{AWS_DEVICE}/pwm/pwmchip0",
    "raspberry_pi": f"devices/platform/soc/fe804000.i2c/i2c-1/{PI_DEVICE}/pwm/pwmchip0",
}
CHANNELS = 5
GPIO_BASE, GPIO_COUNT = 512, 80  # gpiochip512: since Linux 6.8 numbers begin there


class FakeCar:
    """The tree, and what a look at it tells."""

    def __init__(self, root: Path, kind: str = "aws", *, exported: bool = True) -> None:
        self.root = root
        self.chip = root / "sys" / CHIP_OF[kind]
        self.gpio = root / "sys" / "class" / "gpio"
        self._make(self.chip, npwm=CHANNELS, export="", unexport="")
        other = root / "sys/devices/platform/backlight/pwm/pwmchip7"
        self._make(other, npwm=1, export="", unexport="")
        for chip in (self.chip, other):
            link = root / "sys/class/pwm" / chip.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(chip)
        self._make(self.gpio, export="", unexport="")
        self._make(self.gpio / f"gpiochip{GPIO_BASE}", base=GPIO_BASE, ngpio=GPIO_COUNT)
        if exported:
            for channel in range(CHANNELS):
                self.export_channel(channel)
            self.export_line(514)

    @staticmethod
    def _make(folder: Path, **attributes: int | str) -> None:
        folder.mkdir(parents=True)
        for name, value in attributes.items():
            (folder / name).write_text(f"{value}\n")

    def export_channel(self, channel: int) -> None:
        self._make(self.chip / f"pwm{channel}", period=0, duty_cycle=0, enable=0, polarity="normal")

    def export_line(self, number: int) -> None:
        self._make(self.gpio / f"gpio{number}", direction="in", value=0)

    def attribute(self, channel: Channel, name: str) -> str:
        """The first line of an attribute: a longer former value may have left a second one."""
        return (self.chip / f"pwm{int(channel)}" / name).read_text().splitlines()[0]

    def duty(self, channel: Channel) -> int:
        """What the channel makes [ns]; checks that Linux would have it so."""
        duty = int(self.attribute(channel, "duty_cycle"))
        assert 0 <= duty <= int(self.attribute(channel, "period")) == PERIOD
        assert self.attribute(channel, "enable") == "1"
        return duty

    @property
    def motor_and_servo(self) -> tuple[int, int]:
        return self.duty(Channel.MOTOR), self.duty(Channel.SERVO)

    def line(self) -> str:
        return (self.gpio / "gpio514" / "direction").read_text().splitlines()[0]


class Kernel:
    """Takes the place of `os` in `deepracer_car.sysfs`, and decides on each write like Linux."""

    def __init__(self, car: FakeCar) -> None:
        self.car = car
        self.log: list[tuple[str, str]] = []
        """(attribute, value) of each write that was accepted, in order."""
        self.broken: dict[str, int] = {}
        """Error numbers of attributes that fail, whatever is written."""

    def __getattr__(self, name: str):
        return getattr(os, name)

    def write(self, descriptor: int, data: bytes) -> int:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        value = data.decode().removesuffix("\n")
        if number := self._refusal(path, value):
            raise OSError(number, os.strerror(number))
        if path.name == "export" and path.parent == self.car.gpio:
            self.car.export_line(int(value))
        elif path.name == "export":
            self.car.export_channel(int(value))
        else:
            path.write_text(f"{value}\n")
        self.log.append((f"{path.parent.name}/{path.name}", value))
        return len(data)

    def _refusal(self, path: Path, value: str) -> int:
        if path.name in self.broken:
            return self.broken[path.name]
        if path == self.car.chip / "export":
            return self._refusal_of_export(int(value))
        if path.parent.name.startswith("pwm"):
            return self._refusal_of_state(path, value)
        if path.name == "direction" and value not in ("in", "out", "high", "low"):
            return errno.EINVAL
        return 0

    def _refusal_of_export(self, channel: int) -> int:
        if channel >= CHANNELS:
            return errno.ENODEV
        return errno.EBUSY if (self.car.chip / f"pwm{channel}").exists() else 0

    @staticmethod
    def _refusal_of_state(path: Path, value: str) -> int:
        """Linux applies period and duty as one state; without period, or a longer duty: EINVAL."""
        state = {
            name: int((path.parent / name).read_text()) for name in ("period", "duty_cycle")
        } | {path.name: int(value)}
        possible = state["period"] > 0 and 0 <= state["duty_cycle"] <= state["period"]
        return 0 if possible else errno.EINVAL
