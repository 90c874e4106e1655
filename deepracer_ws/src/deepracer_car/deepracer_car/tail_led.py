"""The coloured light at the tail of the car."""

from __future__ import annotations

from enum import Enum

from deepracer_car.pwm import Channel, Pwm

DUTY_PER_LEVEL = 39_215
"""[ns] per level of 0 to 255; 255 levels are half a period. Stock car."""
CHANNELS = (Channel.LED_RED, Channel.LED_GREEN, Channel.LED_BLUE)


class Colour(Enum):
    """What the light tells: red, green and blue, each 0 to 255."""

    OFF = (0, 0, 0)
    WAITING = (0, 0, 255)
    """Neutral, because nobody drives."""
    DRIVING = (0, 255, 0)
    """The car follows commands."""
    REFUSING = (255, 0, 0)
    """Neutral, because the latest command was refused."""


class TailLed:
    """Shows colours on an open PWM chip."""

    def __init__(self, pwm: Pwm) -> None:
        """Use the three LED channels of `pwm`."""
        self._pwm = pwm
        self._shown: Colour | None = None

    def show(self, colour: Colour) -> None:
        """Show a colour; does nothing if it is shown already.

        Raises:
            HardwareError: the chip refuses.
        """
        if colour is self._shown:
            return
        for channel, level in zip(CHANNELS, colour.value):
            self._pwm.write(channel, level * DUTY_PER_LEVEL)
        self._shown = colour
