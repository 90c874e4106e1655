"""Servo, motor and tail light of one car, powered and guarded: neutral when it is taken and given.

Whoever drives the hardware holds a rig: the servo node, or the calibration while that node has let
go of it. Only one process can.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from deepracer_core.errors import GuardError, HardwareError

from deepracer_car.gpio import OFF, ON
from deepracer_car.guard_link import TIMEOUT, GuardLink
from deepracer_car.hardware import find_hardware
from deepracer_car.pwm import Duties
from deepracer_car.tail_led import CHANNELS, Colour, TailLed


class Rig:
    """Hardware that this process holds, from the making of this object to its `close`."""

    def __init__(
        self, hardware: str, root: Path, neutral: Duties, guard_timeout: int = TIMEOUT
    ) -> None:
        """Take the hardware: make neutral, start the guard, then let the pulses through.

        Args:
            hardware: Name of the hardware.
            root: Where it is looked for.
            neutral: Pulses of motor and servo of a car that stands straight [ns].
            guard_timeout: Silence after which the guard stops the car [ns].

        Raises:
            ConfigError: there is no such hardware.
            HardwareError: it is missing, taken, or refuses.
            GuardError: the guard does not get ready.
        """
        found = find_hardware(hardware, root)
        self._pwm, self._enable = found.pwm, found.enable
        self._neutral = neutral
        self._pwm.open({**neutral, **dict.fromkeys(CHANNELS, 0)}, exclusive=True)
        self.led = TailLed(self._pwm)
        """The tail light."""
        try:
            self.guard = GuardLink(hardware, root, neutral, guard_timeout)
            """What makes neutral when this process cannot."""
        except GuardError:
            self._pwm.close()
            raise
        try:
            self._enable.switch(ON)
        except HardwareError:
            self.close()
            raise

    def describe(self) -> str:
        """What it is and where."""
        return f"{self._pwm.describe()}, {self._enable.describe()}"

    def write(self, duties: Duties) -> None:
        """Set the pulses of channels.

        Raises:
            HardwareError: the chip refuses or is gone.
        """
        for channel, duty in duties.items():
            self._pwm.write(channel, duty)

    def close(self) -> None:
        """Make neutral, let the guard end, switch servo and motor off, and let go."""
        with contextlib.suppress(HardwareError):  # the guard goes on trying
            self.write(self._neutral)
        self.guard.close()
        with contextlib.suppress(HardwareError):  # what has broken is why this ends
            self.led.show(Colour.OFF)
            self._enable.switch(OFF)
        self._pwm.close()
