"""Drives by joystick: sensor_msgs/Joy, as joy_node publishes it, to commands for the gate."""

from __future__ import annotations

import sys
import time

from deepracer_core.command_gate import Mode
from deepracer_core.vehicle import VEHICLE
from sensor_msgs.msg import Joy

from deepracer_drive.joystick import Joystick, JoystickLayout
from deepracer_drive.messages import LATEST
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.nodes.teleop_node import TeleopNode
from deepracer_drive.parameters import declare
from deepracer_drive.teleop import HandCommand

DEFAULTS = JoystickLayout()


class JoyTeleop(TeleopNode):
    """See `TeleopNode` for what it sends; it hears `/joy` (sensor_msgs/Joy).

    The car is driven only while the dead man's button is held and the joystick is heard. When it
    falls silent, the car is stopped in every mode, because nobody could take over any more.
    """

    def __init__(self) -> None:
        """Begin with nothing held."""
        super().__init__("joy_teleop")
        self._joystick = Joystick(self._declare_layout())
        self._was_lost = False
        self.create_subscription(Joy, "/joy", self._on_joy, LATEST)

    def _declare_layout(self) -> JoystickLayout:
        def index(name: str, description: str) -> int:
            number: int = declare(
                self, name, getattr(DEFAULTS, name), f"{description}; -1: none", bounds=(-1, 63)
            )
            return number

        def number(name: str, description: str, high: float) -> float:
            value: float = declare(
                self, name, getattr(DEFAULTS, name), description, bounds=(0.0, high)
            )
            return value

        return JoystickLayout(
            steering_axis=index("steering_axis", "axis that steers"),
            speed_axis=index("speed_axis", "axis that sets the speed"),
            hold_button=index("hold_button", "button to be held while driving"),
            manual_button=index("manual_button", "button that asks for MANUAL"),
            autonomous_button=index("autonomous_button", "button that asks for AUTONOMOUS"),
            stop_button=index("stop_button", "button that asks for STOPPED"),
            dead_zone=number(
                "dead_zone", "deflection that counts as none, share of the whole", 0.9
            ),
            max_steering_angle=number(
                "max_steering_angle", "at full deflection [rad]", VEHICLE.max_steering_angle
            ),
            max_speed=number("max_speed", "at full deflection [m/s]", VEHICLE.max_speed),
        )

    def wanted(self, now: float) -> HandCommand | None:
        """What the joystick says."""
        return self._joystick.command(now)

    def _send(self) -> None:
        super()._send()  # first: it takes long to ask for a mode and to log for the first time
        is_lost = self._joystick.is_lost(time.monotonic())
        if is_lost and not self._was_lost:
            self.ask_for(Mode.STOPPED)
            self.get_logger().error("the joystick is silent: the car is stopped; check it")
        self._was_lost = is_lost

    def _on_joy(self, message: Joy) -> None:
        self.ask_for(self._joystick.update(message.axes, message.buttons, time.monotonic()))


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(JoyTeleop))
