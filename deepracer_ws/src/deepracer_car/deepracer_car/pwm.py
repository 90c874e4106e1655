"""What drives servo, motor and tail LED: pulses of a given width every 20 ms, on five channels."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol

PERIOD = 20_000_000
"""[ns] from one pulse to the next, 50 Hz; stock car."""


class Channel(IntEnum):
    """What hangs on which channel; stock car, and custom-car on a Raspberry Pi."""

    MOTOR = 0
    SERVO = 1
    LED_RED = 2
    LED_GREEN = 3
    LED_BLUE = 4


Duties = Mapping[Channel, int]
"""Pulse width of channels [ns]."""


class Pwm(Protocol):
    """A PWM chip. Made, it touches nothing; it can say what it is without the hardware.

    The hardware goes on with the last pulses when the program ends, whether it closes this or not.
    """

    def describe(self) -> str:
        """What it is and where, for people."""

    def open(self, duties: Duties, *, exclusive: bool) -> None:
        """Give channels their first pulses, then switch them on.

        Channels that are on already keep running in between, so that two programs may open the
        chip; the pulses of both are obeyed.

        Args:
            duties: First pulse of each channel that will be used [ns].
            exclusive: Refuse if another program has opened the chip exclusively.

        Raises:
            HardwareError: the chip is missing, taken, or refuses.
        """

    def write(self, channel: Channel, duty: int) -> int:
        """Set the pulse width of an open channel.

        Args:
            channel: The channel.
            duty: Pulse width [ns], 0 to `PERIOD`; 0 is no pulse.

        Returns:
            The pulse width that the chip really makes [ns].

        Raises:
            HardwareError: the chip refuses or is gone.
        """

    def close(self) -> None:
        """Let go of the chip; it continues with its last pulses."""
