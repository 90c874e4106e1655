"""The reward function of 2018: its twelve positional arguments, made from the params of today.

The guide and the sample code of 2018 disagree about units (x, y, progress, throttle, steering,
waypoints), and functions were written for either. The default is what the guide documents for
users; `sample_units` gives what the sample code really passed.

| argument             | guide                              | sample code                 |
|----------------------|------------------------------------|-----------------------------|
| on_track             | front of the car between the lines | the same                    |
| x, y                 | 0 to 1, fraction of the world      | m, rounded down to 1 cm     |
| distance_from_center | m                                  | m                           |
| car_orientation      | rad, -pi to pi                     | rad                         |
| progress             | 0 to 1                             | 0 to 100                    |
| steps                | from 1                             | from 1                      |
| throttle             | 0 to 1 of the maximum speed        | m/s, speed of the action    |
| steering             | -1 (right) to 1 (left) of maximum  | rad, left positive          |
| track_width          | m                                  | m                           |
| waypoints            | list of (x, y, yaw), m and rad     | list of (x, y), m           |
| closest_waypoint     | index of the nearest in the plane  | the same                    |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from deepracer_core.errors import ConfigError

STEP_KEYS = frozenset(
    {
        "x",
        "y",
        "heading",
        "distance_from_center",
        "progress",
        "steps",
        "speed",
        "steering_angle",
        "track_width",
    }
)
"""The keys of the modern params that the twelve arguments are made from, besides the waypoints."""

_CENTIMETRES = 100.0

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class LegacyScale:
    """What turns metres, degrees and percent into the fractions of the guide.

    Attributes:
        world_bounds: x_min, y_min, x_max, y_max [m] of the world, where x and y are 0 and 1.
        max_speed: Speed [m/s] at throttle 1.
        max_steering: Steering angle [rad] at steering 1.
        sample_units: Pass the units of the sample code instead of those of the guide.
    """

    world_bounds: tuple[float, float, float, float]
    max_speed: float
    max_steering: float
    sample_units: bool = False

    def __post_init__(self) -> None:
        """Check that nothing is divided by zero.

        Raises:
            ConfigError: a range is empty or a maximum is not positive.
        """
        x_min, y_min, x_max, y_max = self.world_bounds
        if not (x_max > x_min and y_max > y_min):
            raise ConfigError(f"world_bounds {self.world_bounds}: give x_min, y_min, x_max, y_max")
        for name in ("max_speed", "max_steering"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} is {getattr(self, name)}: give a number above 0")


def legacy_arguments(
    waypoints: Sequence[Sequence[float]], scale: LegacyScale
) -> Callable[[Mapping[str, Any]], Arguments]:
    """Return the function that turns the params of a step into the twelve arguments.

    Args:
        waypoints: (x, y) [m] along the centre line in driving direction.
        scale: Units and what they refer to.
    """
    points = [(float(x), float(y)) for x, y in waypoints]
    line = points if scale.sample_units else _with_yaw(points)
    units = _sample_units if scale.sample_units else _guide_units

    def arguments(step: Mapping[str, Any]) -> Arguments:
        x, y, progress, throttle, steering = units(step, scale)
        distances = [math.dist(point, (step["x"], step["y"])) for point in points]
        return (
            step["distance_from_center"] <= step["track_width"] / 2.0,
            x,
            y,
            step["distance_from_center"],
            math.radians(step["heading"]),
            progress,
            step["steps"],
            throttle,
            steering,
            step["track_width"],
            line.copy(),
            distances.index(min(distances)),
        )

    return arguments


def _guide_units(step: Mapping[str, Any], scale: LegacyScale) -> tuple[float, ...]:
    """x, y, progress, throttle and steering as fractions."""
    x_min, y_min, x_max, y_max = scale.world_bounds
    return (
        _clip((step["x"] - x_min) / (x_max - x_min), 0.0, 1.0),
        _clip((step["y"] - y_min) / (y_max - y_min), 0.0, 1.0),
        _clip(step["progress"] / 100.0, 0.0, 1.0),
        _clip(step["speed"] / scale.max_speed, 0.0, 1.0),
        _clip(math.radians(step["steering_angle"]) / scale.max_steering, -1.0, 1.0),
    )


def _sample_units(step: Mapping[str, Any], _scale: LegacyScale) -> tuple[float, ...]:
    """x, y, progress, throttle and steering as the sample code passed them."""
    return (
        math.floor(step["x"] * _CENTIMETRES) / _CENTIMETRES,
        math.floor(step["y"] * _CENTIMETRES) / _CENTIMETRES,
        step["progress"],
        step["speed"],
        math.radians(step["steering_angle"]),
    )


def _with_yaw(points: Sequence[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Waypoints (x, y, yaw) [m, m, rad], each facing the next; the last of a loop as the first."""
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    yaws = [math.atan2(dy, dx) for dx, dy in steps]
    yaws.append(yaws[0] if points[0] == points[-1] else yaws[-1])
    return [(x, y, yaw) for (x, y), yaw in zip(points, yaws)]


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
