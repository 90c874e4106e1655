"""A PWM chip that is not there: for trying everything else, on any machine."""

from __future__ import annotations

from deepracer_car.pwm import Channel, Duties


class DryRun:
    """A `Pwm` that remembers what it was told."""

    def __init__(self) -> None:
        """Begin with no channel."""
        self.duties: dict[Channel, int] = {}

    def describe(self) -> str:
        """What it is."""
        return "no hardware (dry run)"

    def open(self, duties: Duties, *, exclusive: bool) -> None:  # noqa: ARG002, nobody to exclude
        """See `Pwm`."""
        self.duties.update(duties)

    def write(self, channel: Channel, duty: int) -> int:
        """See `Pwm`."""
        self.duties[channel] = duty
        return duty

    def close(self) -> None:
        """See `Pwm`."""
