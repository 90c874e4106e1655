"""Drives by the keyboard of a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

from deepracer_core.vehicle import VEHICLE

from deepracer_drive.keyboard import HELP, Keyboard, KeyboardSettings
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.nodes.teleop_node import TeleopNode
from deepracer_drive.parameters import declare
from deepracer_drive.teleop import HandCommand
from deepracer_drive.terminal import OURS, Terminal

DEFAULTS = KeyboardSettings()


class KeyboardTeleop(TeleopNode):
    """See `TeleopNode` for what it sends and `keyboard` for the keys."""

    _terminal: Terminal | None = None

    def __init__(self) -> None:
        """Begin to listen to the keys.

        Raises:
            ConfigError: there is no terminal.
        """
        super().__init__("keyboard_teleop")
        self._keyboard = Keyboard(
            KeyboardSettings(
                max_steering_angle=declare(
                    self,
                    "max_steering_angle",
                    DEFAULTS.max_steering_angle,
                    "while a key steers [rad]",
                    bounds=(0.0, VEHICLE.max_steering_angle),
                ),
                max_speed=declare(
                    self,
                    "max_speed",
                    DEFAULTS.max_speed,
                    "while a key drives [m/s]",
                    bounds=(0.0, VEHICLE.max_speed),
                ),
                hold_time=declare(
                    self,
                    "hold_time",
                    DEFAULTS.hold_time,
                    "silence of the keyboard after which the keys count as released [s]",
                    bounds=(0.05, 2.0),
                ),
            )
        )
        path = declare(self, "terminal", str(OURS), "whose keys drive; by default the own one")
        self._terminal = Terminal(Path(path))
        self.get_logger().info(HELP)

    def wanted(self, now: float) -> HandCommand | None:
        """What the keys say."""
        typed = self._terminal.read() if self._terminal else ""
        self.ask_for(self._keyboard.type(typed, now))
        return self._keyboard.command(now)

    def destroy_node(self) -> None:
        """Restore the terminal."""
        if self._terminal is not None:
            self._terminal.close()
        super().destroy_node()


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(KeyboardTeleop))
