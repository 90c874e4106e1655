"""The line that lets the pulses through to servo and motor on the AWS car.

It is driven through sysfs, not through libgpiod: a line of libgpiod is given up when its program
ends, and its state is then undefined, while here it keeps its value, so that servo and motor go on
hearing the neutral pulses that the guard sends after the death of the servo node. It is also how
the stock car does it, on both of its systems, and needs no library.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deepracer_core.errors import HardwareError

from deepracer_car.sysfs import show, store, wait_until_writable

ON, OFF = 0, 1
"""The line is active low; stock car."""


class EnableLine:
    """A GPIO line that switches servo and motor on and off."""

    def __init__(
        self, numbers: Sequence[int], root: Path, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Name the line; nothing is touched.

        Args:
            numbers: What the line is called by the kernels that the car may run; none: there is
                no such line, and switching does nothing.
            root: What stands for /sys.
            sleep: Waits for some seconds.
        """
        self._sleep = sleep
        self._numbers = tuple(numbers)
        self._folder = root / "class" / "gpio"

    def describe(self) -> str:
        """What it is and where."""
        numbers = " or ".join(map(str, self._numbers))
        return f"enabled by GPIO {numbers} in {self._folder}" if numbers else "always enabled"

    def switch(self, value: int) -> None:
        """Switch servo and motor `ON` or `OFF`.

        Raises:
            HardwareError: the kernel has no such line, or refuses.
        """
        if not self._numbers:
            return
        number = self._find_number()
        line = self._folder / f"gpio{number}"
        if not line.exists():
            store(self._folder / "export", number)
            wait_until_writable(line / "direction", self._sleep)
        # "high" and "low" make it an output of that value in one step, "out" would pass through 0.
        store(line / "direction", "high" if value else "low")

    def _find_number(self) -> int:
        """The number that belongs to a GPIO chip of this kernel."""
        for chip in sorted(self._folder.glob("gpiochip*")):
            base, count = int(show(chip / "base")), int(show(chip / "ngpio"))
            for number in self._numbers:
                if base <= number < base + count:
                    return number
        raise HardwareError(
            f"no GPIO chip in {self._folder} has a line {' or '.join(map(str, self._numbers))}: "
            f"check the hardware:= argument, and that the kernel has GPIO_SYSFS"
        )
