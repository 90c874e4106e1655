"""Whether the way ahead is free, by a laser scanner: what stands in it, or that nobody looks.

The way is a strip as wide as the car with some room beside it, `distance` long, counted from the
scanner. What a beam means is that of sensor_msgs/LaserScan and REP 117: +inf is nothing within
reach, -inf something too near to be measured, NaN and what lies outside the scanner's range no
measurement. A scanner whose beams into the strip measure nothing is as good as silent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepracer_core.errors import ConfigError
from deepracer_core.vehicle import VEHICLE


@dataclass(frozen=True)
class StopZone:
    """What must be free for the car to go forwards."""

    distance: float
    """Length of the strip, from the scanner [m]."""
    half_width: float = VEHICLE.footprint_width / 2 + 0.05
    """From the car's axis to either side [m]: half of the car, and 5 cm."""
    yaw: float = 0.0
    """Direction of the scanner's x axis in the car [rad], left positive; 0 is ahead."""
    timeout: int = 300_000_000
    """Age [ns] from which on a scan tells nothing any more: three scans of a 10 Hz scanner."""

    def __post_init__(self) -> None:
        """Refuse a zone that stops nothing.

        Raises:
            ConfigError: a length or the timeout is not above 0, or a value is not finite.
        """
        for name in ("distance", "half_width", "timeout"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} = {getattr(self, name)}: give a finite number above 0")
        if not math.isfinite(self.yaw):
            raise ConfigError(f"yaw = {self.yaw} rad: give a finite angle")


@dataclass(frozen=True)
class Scan:
    """One turn of the scanner; equals sensor_msgs/LaserScan in content."""

    stamp: int
    """When it was taken [ns]."""
    angle_min: float
    """Direction of the first beam [rad], left positive."""
    angle_increment: float
    """From one beam to the next [rad]."""
    range_min: float
    """Shortest distance that is measured [m]."""
    range_max: float
    """Longest distance that is measured [m]."""
    ranges: npt.ArrayLike
    """What each beam measured [m]."""


class ObstacleWatch:
    """Remembers the latest scan. Times are integers [ns] of a clock that never jumps."""

    def __init__(self, zone: StopZone) -> None:
        """Have seen nothing: the way is not free."""
        self._zone = zone
        self._seen: int | None = None
        self._nearest = math.inf

    def see(self, scan: Scan, now: int, steady: int) -> None:
        """Take a scan that arrives at `now`, on the clock of the stamps, and `steady`."""
        nearest = nearest_obstacle(scan, self._zone)
        if nearest is not None:
            self._nearest = nearest
            self._seen = steady - max(now - scan.stamp, 0)

    def problem(self, steady: int) -> str:
        """What keeps the car from going forwards; empty if the way is free."""
        if self._seen is None:
            return "no scan of the way ahead came: start the scanner, or set obstacle_distance to 0"
        age = steady - self._seen
        if age > self._zone.timeout:
            return f"the last scan of the way ahead is {age / 1e9:.1f} s old: look at the scanner"
        if self._nearest <= self._zone.distance:
            return f"something stands {self._nearest:.2f} m ahead: clear the way, then start again"
        return ""


def nearest_obstacle(scan: Scan, zone: StopZone) -> float | None:
    """How far ahead the nearest thing in the strip is [m]; inf: nothing; None: nobody looks."""
    every = np.asarray(scan.ranges)
    turned = scan.angle_min + scan.angle_increment * np.arange(every.size) + zone.yaw
    ahead = np.cos(turned) > 0.0
    ranges, angles = every[ahead], turned[ahead]
    # Beams that meet the strip within its length; the others tell nothing about it.
    reach = np.hypot(zone.distance, zone.half_width)
    inside = ranges[np.abs(np.sin(angles)) * reach <= zone.half_width]
    if not (np.isinf(inside) | _is_real(inside, scan)).any():
        return None
    if np.isneginf(inside).any():
        return 0.0
    real = _is_real(ranges, scan)
    x = ranges[real] * np.cos(angles[real])
    y = ranges[real] * np.sin(angles[real])
    return float(np.min(x[np.abs(y) <= zone.half_width], initial=math.inf))


def _is_real(ranges: npt.NDArray[np.float64], scan: Scan) -> npt.NDArray[np.bool_]:
    """Which beams have measured a distance."""
    found: npt.NDArray[np.bool_] = (ranges >= scan.range_min) & (ranges <= scan.range_max)
    return found
