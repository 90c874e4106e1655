"""What the nodes for driving by hand have in common: when to send, and how to ask for a mode."""

from __future__ import annotations

import time

from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_gate import DriveCommand, Mode
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import SetMode
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

from deepracer_drive.messages import EVERY, LATCHED, to_message
from deepracer_drive.teleop import HandCommand, Turn

PERIOD = 0.025  # [s] of the wall clock: how soon a hand that lets go is felt


class TeleopNode(Node):
    """Sends commands of a human to the gate on `/teleop/drive`, stamped with the node's clock.

    It follows the gate's mode on `/drive/status` and changes it by `/set_mode`. A subclass says
    what the human wants.
    """

    def __init__(self, name: str) -> None:
        """Begin to send."""
        super().__init__(name)
        self._turn = Turn()
        self._drive = self.create_publisher(AckermannDriveStamped, "/teleop/drive", EVERY)
        self._set_mode = self.create_client(SetMode, "/set_mode")
        self.create_subscription(GateStatus, "/drive/status", self._on_status, LATCHED)
        self.create_timer(PERIOD, self._send, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def wanted(self, now: float) -> HandCommand | None:
        """What the human wants at `now` [s] of `time.monotonic`; None: nothing."""
        raise NotImplementedError

    def ask_for(self, mode: Mode | None) -> None:
        """Ask the gate for a mode, if there is one; the log tells of a refusal."""
        if mode is None:
            return
        if not self._set_mode.service_is_ready():
            self.get_logger().warning(f"nobody answers /set_mode: {mode.name} not asked for")
            return
        self._turn.ask(mode)
        future = self._set_mode.call_async(SetMode.Request(mode=mode))
        future.add_done_callback(self._on_answer)

    def _on_answer(self, future: Future) -> None:
        answer = future.result()
        if answer is None:
            return
        self._turn.answer(Mode(answer.mode))
        if not answer.success:
            self.get_logger().warning(answer.message)

    def _on_status(self, status: GateStatus) -> None:
        self._turn.follow(Mode(status.mode))

    def _send(self) -> None:
        now: int = self.get_clock().now().nanoseconds
        command = self._turn.take(self.wanted(time.monotonic()), now)
        if command is not None:
            self._drive.publish(
                to_message(DriveCommand(now, command.steering_angle, command.speed))
            )
