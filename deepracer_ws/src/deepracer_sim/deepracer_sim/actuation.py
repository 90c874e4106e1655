"""From a command to the wheels: linkage, Ackermann angles and wheel speeds, once for all engines.

Everything follows from the tangent of the mean road-wheel angle, that of the one front wheel of the
single-track model: without slip, curvature = tangent / wheelbase. The functions take numbers or
arrays alike, and numba compiles them, too.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from deepracer_sim.car_model import CarModel


class Axles(NamedTuple):
    """The car's wheels seen from above, and how far the front ones turn.

    Attributes:
        wheelbase: distance between the axles [m].
        front_track: distance between the centres of the front wheels [m].
        rear_track: distance between the centres of the rear wheels [m].
        largest_tangent: of the mean road-wheel angle, at which the inner wheel's hinge stops.
    """

    wheelbase: float
    front_track: float
    rear_track: float
    largest_tangent: float


def axles_of(car: CarModel) -> Axles:
    """Measure the axles of a car."""
    front_left, front_right, rear_left, rear_right = (wheel.position for wheel in car.wheels)
    wheelbase = float(front_left[0] - rear_left[0])
    front_track = float(front_left[1] - front_right[1])
    stop = np.tan(min(hinge.upper for hinge in car.hinges))
    return Axles(
        wheelbase=wheelbase,
        front_track=front_track,
        rear_track=float(rear_left[1] - rear_right[1]),
        largest_tangent=float(stop / (1.0 + stop * front_track / (2.0 * wheelbase))),
    )


def approach(value: Any, goal: Any, part: float, largest_change: float) -> Any:
    """What follows `value` after a step of a first-order lag whose rate is limited.

    Args:
        value: now.
        goal: what is commanded.
        part: of the way that the lag alone would go in the step, `lag_part`.
        largest_change: limit of the change in the step.
    """
    change = part * (goal - value)
    return value + np.minimum(np.maximum(change, -largest_change), largest_change)


def lag_part(step: float, lag: float) -> float:
    """Part of the way to its goal that a first-order lag [s] goes in a step [s]."""
    return 1.0 - math.exp(-step / lag)


def wheel_tangent(steering: Any, linkage_ratio: float, axles: Axles) -> Any:
    """Tangent of the mean road-wheel angle for a commanded steering angle [rad], left positive."""
    tangent = linkage_ratio * np.tan(steering)
    return np.minimum(np.maximum(tangent, -axles.largest_tangent), axles.largest_tangent)


def hinge_angles(tangent: Any, axles: Axles) -> tuple[Any, Any]:
    """Angles [rad] of the left and right steering hinge, after Ackermann: all axles meet."""
    half = axles.front_track / (2.0 * axles.wheelbase) * tangent
    return np.arctan(tangent / (1.0 - half)), np.arctan(tangent / (1.0 + half))


def wheel_speeds(speed: Any, tangent: Any, axles: Axles) -> tuple[Any, Any, Any, Any]:
    """Speeds of the tread [m/s] that roll the car along without slip.

    Args:
        speed: of the car along its x axis, the same at every point of that axis [m/s].
        tangent: of the mean road-wheel angle.
        axles: of the car.

    Returns:
        Front left, front right, rear left and rear right.
    """
    curvature = tangent / axles.wheelbase
    front, rear = axles.front_track / 2.0 * curvature, axles.rear_track / 2.0 * curvature
    return (
        speed * np.sqrt((1.0 - front) ** 2 + tangent**2),
        speed * np.sqrt((1.0 + front) ** 2 + tangent**2),
        speed * (1.0 - rear),
        speed * (1.0 + rear),
    )
