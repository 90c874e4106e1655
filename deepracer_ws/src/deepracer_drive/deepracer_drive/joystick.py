"""A joystick as steering wheel: from the axes and buttons of sensor_msgs/Joy to commands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from deepracer_core.command_gate import Mode
from deepracer_core.vehicle import VEHICLE

from deepracer_drive.teleop import HandCommand

MAX_SILENCE = 0.1
"""Silence of the joystick after which it is lost [s]: with what gate and car need, the car stands
200 ms after its last word. joy_node repeats itself at 20 Hz, at 50 Hz where we launch it."""


@dataclass(frozen=True)
class JoystickLayout:
    """Which axis and button does what; the defaults are those of an Xbox controller (joy_node)."""

    steering_axis: int = 0
    """Axis that steers, 1 at the left."""
    speed_axis: int = 4
    """Axis that sets the speed, 1 forwards."""
    hold_button: int = 4
    """The dead man's button: the car is driven only while it is held."""
    manual_button: int = 0
    """Button that asks for MANUAL."""
    autonomous_button: int = 3
    """Button that asks for AUTONOMOUS."""
    stop_button: int = 1
    """Button that asks for STOPPED."""
    dead_zone: float = 0.05
    """Deflection up to which an axis counts as centred, as share of the whole."""
    max_steering_angle: float = VEHICLE.max_steering_angle
    """Steering angle at full deflection [rad]."""
    max_speed: float = 1.5
    """Speed at full deflection [m/s]."""


class Joystick:
    """Remembers the latest state of the joystick; times are seconds of any steady clock."""

    def __init__(self, layout: JoystickLayout) -> None:
        """Begin with nothing held."""
        self._layout = layout
        self._modes = {
            layout.stop_button: Mode.STOPPED,
            layout.manual_button: Mode.MANUAL,
            layout.autonomous_button: Mode.AUTONOMOUS,
        }
        self._axes: Sequence[float] = ()
        self._buttons: Sequence[int] = ()
        self._heard = -math.inf

    def update(self, axes: Sequence[float], buttons: Sequence[int], now: float) -> Mode | None:
        """Take a message that arrived at `now` [s]; return the mode that was asked for, if any."""
        pressed = [
            mode
            for button, mode in self._modes.items()
            if _at(buttons, button) and not _at(self._buttons, button)
        ]
        self._axes, self._buttons, self._heard = tuple(axes), tuple(buttons), now
        return pressed[0] if pressed else None

    def command(self, now: float) -> HandCommand | None:
        """What the human wants at `now` [s]; None: the dead man's button is not held."""
        layout = self._layout
        if not self._is_heard(now) or not _at(self._buttons, layout.hold_button):
            return None
        return HandCommand(
            self._deflection(layout.steering_axis) * layout.max_steering_angle,
            self._deflection(layout.speed_axis) * layout.max_speed,
        )

    def is_lost(self, now: float) -> bool:
        """Whether the joystick was heard once, and is silent at `now` [s]."""
        return math.isfinite(self._heard) and not self._is_heard(now)

    def _is_heard(self, now: float) -> bool:
        return now - self._heard <= MAX_SILENCE

    def _deflection(self, axis: int) -> float:
        """Deflection of an axis beyond the dead zone, -1 to 1; 0 for what is no number."""
        value, zone = _at(self._axes, axis), self._layout.dead_zone
        if not abs(value) > zone:  # NaN too
            return 0.0
        return math.copysign(min((abs(value) - zone) / (1.0 - zone), 1.0), value)


def _at(values: Sequence[float], index: int) -> float:
    """The value at an index; 0 where the joystick has none."""
    return values[index] if 0 <= index < len(values) else 0.0
