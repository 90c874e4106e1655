"""A servo node that blocks its loop, or has a bug, when told to: for tests and benchmarks."""

from __future__ import annotations

import sys
import time

from deepracer_car.nodes.servo_node import ServoNode
from deepracer_drive.node_main import spin_until_shutdown
from std_msgs.msg import Empty, Float64


class SickServo(ServoNode):
    """Hears `/block` (for how long [s]) and `/crash`."""

    def __init__(self) -> None:
        super().__init__()
        self.create_subscription(Float64, "/block", lambda seconds: time.sleep(seconds.data), 1)
        self.create_subscription(Empty, "/crash", lambda _: self.missing(), 1)


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(SickServo))
