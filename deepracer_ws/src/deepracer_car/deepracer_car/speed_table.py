"""Throttle from measurements: which throttle gave which speed on this car, on this floor.

The car's own curve (`deepracer_core.throttle`) never uses m/s physically; whoever has measured
speeds can have the commanded ones driven instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from deepracer_core.errors import ConfigError


class SpeedTable:
    """Piecewise linear from speed to throttle; backwards is the mirror image of forwards.

    Between standstill and the slowest measured speed it is linear too. Faster than the fastest
    measured speed is driven like that.
    """

    def __init__(self, speeds: Sequence[float], throttles: Sequence[float]) -> None:
        """Take measured pairs.

        Args:
            speeds: Speeds [m/s], above 0 and rising.
            throttles: Throttle that gave each; above 0, rising, at most 1.

        Raises:
            ConfigError: the two differ in length, are empty, or do not rise within their bounds.
        """
        if len(speeds) != len(throttles) or not speeds:
            raise ConfigError(
                f"{len(speeds)} measured speeds and {len(throttles)} throttles: give one throttle "
                f"for each speed, and at least one pair"
            )
        self._speeds = _rising("measured speeds [m/s]", speeds, math.inf)
        self._throttles = _rising("measured throttles", throttles, 1.0)

    def throttle(self, speed: float) -> float:
        """The throttle for a speed [m/s], -1 to 1."""
        size = float(np.interp(abs(speed), self._speeds, self._throttles))
        return math.copysign(size, speed)


def _rising(name: str, values: Sequence[float], limit: float) -> list[float]:
    """The values with a 0 before them; ConfigError if they do not rise from there to the limit."""
    result = [0.0, *values]
    if not all(low < high for low, high in pairwise(result)) or not result[-1] <= limit:
        raise ConfigError(f"{name} {list(values)}: give numbers that rise from above 0 to {limit}")
    return result
