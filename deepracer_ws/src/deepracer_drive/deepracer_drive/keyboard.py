"""A keyboard as steering wheel: from the bytes of a terminal to commands.

A terminal tells when a key is pressed and repeats the last one while it is held, but not when it is
released; of two keys held at once it repeats one. So each key says all that is wanted, but for the
speed, which the keys that steer keep; and with the last key's silence all of it ends, or at once
with a key that asks for a mode.

| key            | what it does                     |
|----------------|----------------------------------|
| up, w          | forwards, straight on            |
| down, s        | backwards, straight on           |
| left, a        | steer to the left at this speed  |
| right, d       | steer to the right at this speed |
| space          | stop now                         |
| m              | ask for MANUAL                   |
| p              | ask for AUTONOMOUS (the policy)  |
| x              | ask for STOPPED                  |
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from deepracer_core.command_gate import Mode

from deepracer_drive.teleop import HandCommand

HELP = "arrows or wasd drive while held, space brakes; m manual, p policy, x stopped"

# Arrow keys as terminals send them, in normal and in application mode (ECMA-48, xterm).
ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
LETTERS = {"w": "up", "s": "down", "d": "right", "a": "left", " ": "brake"}
MODES = {"m": Mode.MANUAL, "p": Mode.AUTONOMOUS, "x": Mode.STOPPED}
KEY = re.compile(r"\x1b[\[O][0-9;]*([A-Za-z~])|[^\x1b]", re.DOTALL)
BEGUN = re.compile(r"\x1b([\[O][0-9;]*)?")
SPEED_SIGN = {"up": 1.0, "down": -1.0, "brake": 0.0}
STEERING_SIGN = {"left": 1.0, "right": -1.0}


@dataclass(frozen=True)
class KeyboardSettings:
    """How a key acts."""

    max_steering_angle: float = math.radians(20.0)
    """Steering angle while a key steers [rad]."""
    max_speed: float = 1.0
    """Speed while a key drives [m/s]."""
    hold_time: float = 0.6
    """Silence of the keyboard [s] after which the keys count as released: longer than the delay of
    0.25 to 0.5 s before a terminal begins to repeat a key."""


class Keyboard:
    """Remembers what the keys say; times are seconds of any steady clock."""

    def __init__(self, settings: KeyboardSettings) -> None:
        """Begin with no key held."""
        self._settings = settings
        self._speed = self._steering = 0.0
        self._pressed = -math.inf
        self._rest = ""

    def type(self, text: str, now: float) -> Mode | None:
        """Take what the terminal sent until `now` [s]; return the last mode asked for, if any."""
        wanted = None
        for key in self._keys(text):
            if key in MODES:
                wanted = MODES[key]
                self._pressed = -math.inf  # else what was held would drive, or take over, in it
            elif key in SPEED_SIGN:
                self._speed, self._steering = SPEED_SIGN[key], 0.0
                self._pressed = now
            elif key in STEERING_SIGN:
                self._speed = self._speed if self._is_held(now) else 0.0
                self._steering = STEERING_SIGN[key]
                self._pressed = now
        return wanted

    def command(self, now: float) -> HandCommand | None:
        """What the human wants at `now` [s]; None: no key that drives is held."""
        if not self._is_held(now):
            return None
        settings = self._settings
        return HandCommand(
            self._steering * settings.max_steering_angle, self._speed * settings.max_speed
        )

    def _is_held(self, now: float) -> bool:
        return now - self._pressed <= self._settings.hold_time

    def _keys(self, text: str) -> Iterator[str]:
        """Names of the keys in the text; the beginning of a sequence is kept for the next one."""
        text = self._rest + text
        self._rest = ""
        position = 0
        while position < len(text):
            found = KEY.match(text, position)
            if found is None:  # an escape: of a sequence to come, or of none
                if BEGUN.fullmatch(text, position):
                    self._rest = text[position:]
                    return
                position += 1
                continue
            position = found.end()
            letter = found.group(1)
            yield (
                ARROWS.get(letter, "")
                if letter
                else LETTERS.get(found.group().lower(), found.group().lower())
            )
