"""A servo node that blocks its loop, or has a bug, when told to: for tests and benchmarks.

It is told by signals, because a node that has just started may not hear a topic yet.
"""

from __future__ import annotations

import signal
import sys
import time

from deepracer_car.nodes.servo_node import ServoNode
from deepracer_drive.node_main import spin_until_shutdown

BLOCK, CRASH = signal.SIGUSR1, signal.SIGUSR2


class SickServo(ServoNode):
    """Blocks for a second, or twice as long as its guard waits, or fails, at its next tick."""

    def __init__(self) -> None:
        self._told: int | None = None
        super().__init__()
        for number in (BLOCK, CRASH):
            signal.signal(number, self._tell)

    def _tell(self, number: int, _: object) -> None:
        self._told = number

    def _on_tick(self) -> None:
        if self._told == CRASH:
            self.missing()
        if self._told == BLOCK:
            self._told = None
            time.sleep(max(1.0, 2.0 * self._guard_timeout / 1e9))
        super()._on_tick()


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(SickServo))
