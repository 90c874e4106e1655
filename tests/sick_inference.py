"""An inference node that takes a quarter of a second for each decision, when told to by signals."""

from __future__ import annotations

import signal
import sys
import time

from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.nodes.inference_node import InferenceNode
from sensor_msgs.msg import Image

SLOW_DOWN, SPEED_UP = signal.SIGUSR1, signal.SIGUSR2
SLOW = 0.25  # [s]


class SickInference(InferenceNode):
    """Slows down and speeds up again."""

    def __init__(self) -> None:
        self._is_slow = False
        super().__init__()
        for number in (SLOW_DOWN, SPEED_UP):
            signal.signal(number, self._tell)

    def _tell(self, number: int, _: object) -> None:
        self._is_slow = number == SLOW_DOWN

    def _on_image(self, message: Image) -> None:
        if self._is_slow:
            time.sleep(SLOW)
        super()._on_image(message)


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(SickInference))
