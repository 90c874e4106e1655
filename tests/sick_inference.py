"""An inference node that takes a quarter of a second for each decision, when told to."""

from __future__ import annotations

import sys
import time

from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.nodes.inference_node import InferenceNode
from sensor_msgs.msg import Image
from std_msgs.msg import Bool

SLOW = 0.25  # [s]


class SickInference(InferenceNode):
    """Hears `/slow`."""

    def __init__(self) -> None:
        self._is_slow = False
        super().__init__()
        self.create_subscription(Bool, "/slow", self._on_slow, 1)

    def _on_slow(self, message: Bool) -> None:
        self._is_slow = message.data

    def _on_image(self, message: Image) -> None:
        if self._is_slow:
            time.sleep(SLOW)
        super()._on_image(message)


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(SickInference))
