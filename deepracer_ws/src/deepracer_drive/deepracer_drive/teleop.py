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
    while the human drives, because whatever he sends ends AUTONOMOUS. So nothing is sent at rest
    from the moment on in which he asks for another mode: it might come after the change. It is sent
    once for each stamp: the gate takes a second one for a mistake, and a simulation's clock moves
    in steps.
    """

    def __init__(self) -> None:
        """Nothing has been sent so far, and the gate has not told its mode."""
        self._sent: int | None = None
        self._mode = Mode.STOPPED
        self._is_leaving = False  # MANUAL, as far as the human is concerned

    def ask(self, mode: Mode) -> None:
        """The gate is being asked for a mode: `answer` or `follow` tell what comes of it."""
        self._is_leaving = mode is not Mode.MANUAL

    def answer(self, mode: Mode) -> None:
        """The gate has answered and is in this mode, be it that it has refused."""
        self._mode = mode
        self._is_leaving = False

    def follow(self, mode: Mode) -> None:
        """The gate tells its mode; MANUAL it may have told before it was asked for another one."""
        self._mode = mode
        self._is_leaving &= mode is Mode.MANUAL

    def take(self, wanted: HandCommand | None, now: int) -> HandCommand | None:
        """Return what to send with the stamp `now` [ns]; None: nothing.

        Args:
            wanted: What the human wants; None while he holds nothing that drives.
            now: The time of the gate's clock [ns].
        """
        is_due = wanted is not None or (self._mode is Mode.MANUAL and not self._is_leaving)
        if now == self._sent or not is_due:
            return None
        self._sent = now
        return wanted or REST
