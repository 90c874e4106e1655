"""What every way of driving by hand has in common, without ROS."""

from __future__ import annotations

from dataclasses import dataclass

from deepracer_core.command_gate import Mode


@dataclass(frozen=True)
class HandCommand:
    """What a human wants."""

    steering_angle: float
    """Angle of the front wheels [rad], left positive."""
    speed: float
    """Speed [m/s], negative backwards."""


REST = HandCommand(0.0, 0.0)


class Turn:
    """Says when a human's command is to be sent to the gate.

    In MANUAL it is sent always, at rest too, because silence ends the mode; in any other mode only
    while the human drives, because whatever he sends ends AUTONOMOUS. It is sent once for each
    stamp: the gate takes a second one for a mistake, and a simulation's clock moves in steps.
    """

    def __init__(self) -> None:
        """Nothing has been sent so far."""
        self._sent: int | None = None

    def take(self, wanted: HandCommand | None, mode: Mode, now: int) -> HandCommand | None:
        """Return what to send with the stamp `now` [ns]; None: nothing.

        Args:
            wanted: What the human wants; None while he holds nothing that drives.
            mode: The gate's mode.
            now: The time of the gate's clock [ns].
        """
        if now == self._sent or (wanted is None and mode is not Mode.MANUAL):
            return None
        self._sent = now
        return wanted or REST
