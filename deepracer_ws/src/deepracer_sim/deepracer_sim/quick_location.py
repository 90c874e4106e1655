"""`deepracer_core.car_location.locate_cars` compiled: the same numbers, bit by bit, in less time.

A test holds the two together. The core's works without a compiler; with some dozens of cars it
spends its time in calls of numpy, and a training step would spend a fifth of its own there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from deepracer_core.car_location import BODY_X, BODY_Y, CarLocations
from deepracer_core.track.track import Projection, Track
from numba import njit
from numpy.typing import NDArray

from deepracer_sim.engine import Floats


class Roads(NamedTuple):
    """What is measured, and against what, as compiled code takes it."""

    body: Floats
    """(2, 5): `car_location.BODY_X` and `BODY_Y` [m]."""
    steps: Floats
    """(6, S): `Polyline.steps` of the centre line."""
    arclength: Floats
    """(S + 1,): its `Polyline.arclength` [m]."""
    step_length: Floats
    """(S,) [m]"""
    heading: Floats
    """(S,) [rad]"""
    closed: bool
    """Whether it is a ring."""
    levels: Floats
    """`Region.levels` of the road [m]."""
    slabs: Floats
    """Its `Region.slabs`."""


class CarLocator:
    """Measures where cars are on one track in driving direction."""

    def __init__(self, track: Track) -> None:
        """Prepare for `track`."""
        line = track.centre_line
        self._track = track
        self._roads = Roads(
            body=np.array((BODY_X, BODY_Y)),
            steps=line.steps,
            arclength=line.arclength,
            step_length=line.step_length,
            heading=line.heading,
            closed=line.closed,
            levels=track.road.levels,
            slabs=track.road.slabs,
        )

    def locate(self, poses: Floats) -> CarLocations:
        """Measure the poses (N, 3) x, y [m], yaw [rad] of base_link; see `locate_cars`."""
        cars = len(poses)
        # Compiled code would round sine and cosine in another way than numpy does.
        directions = np.cos(poses[:, 2]), np.sin(poses[:, 2])
        places = np.empty((cars, 2)), np.empty((cars, 2))
        arclength, heading, distance = np.empty((3, cars))
        wheels = np.empty((cars, len(BODY_X) - 1), np.bool_)
        _locate(poses, *directions, self._roads, *places, arclength, heading, distance, wheels)
        point, nearest = places
        fraction = arclength / self._track.length
        projection = Projection(arclength, fraction, nearest, heading, distance)
        return CarLocations(self._track, poses, point, projection, wheels)

    def fractions(self, points: Floats) -> Floats:
        """Places (N,) of points (N, 2) [m] on the centre line; see `Track.project`."""
        nearest, (arclength, distance) = np.empty_like(points), np.empty((2, len(points)))
        _project_all(points, self._roads, nearest, arclength, distance)
        return arclength / self._track.length


@njit(cache=True, error_model="numpy")
def _project_all(
    points: Floats, roads: Roads, nearest: Floats, arclength: Floats, distance: Floats
) -> None:
    for row in range(len(points)):
        _project(row, points, roads, nearest, arclength, distance)


@njit(cache=True, error_model="numpy")
def _locate(
    poses: Floats,
    cos: Floats,
    sin: Floats,
    roads: Roads,
    point: Floats,
    nearest: Floats,
    arclength: Floats,
    heading: Floats,
    distance: Floats,
    wheels: NDArray[np.bool_],
) -> None:
    """Fill the (N, ...) arrays from `point` on."""
    ahead, left = roads.body
    for car in range(len(poses)):
        for part in range(len(ahead)):
            x = poses[car, 0] + cos[car] * ahead[part] - sin[car] * left[part]
            y = poses[car, 1] + sin[car] * ahead[part] + cos[car] * left[part]
            if part == 0:
                point[car, 0], point[car, 1] = x, y
            else:
                wheels[car, part - 1] = _is_on_road(x, y, roads)
        _project(car, point, roads, nearest, arclength, distance)
        segment = _count_up_to(roads.arclength, arclength[car]) - 1
        heading[car] = roads.heading[min(segment, len(roads.heading) - 1)]


@njit(cache=True, error_model="numpy")
def _project(
    car: int, point: Floats, roads: Roads, nearest: Floats, arclength: Floats, distance: Floats
) -> None:
    """`Polyline.nearest`."""
    best, segment, best_share = math.inf, 0, math.nan
    for k in range(roads.steps.shape[1]):
        share, squared = _approach(point[car, 0], point[car, 1], roads.steps, k)
        if squared < best:
            best, segment, best_share = squared, k, share
    steps = roads.steps
    nearest[car, 0] = steps[0, segment] + best_share * steps[2, segment]
    nearest[car, 1] = steps[1, segment] + best_share * steps[3, segment]
    way = roads.arclength[segment] + best_share * roads.step_length[segment]
    arclength[car] = 0.0 if roads.closed and way >= roads.arclength[-1] else way
    distance[car] = math.sqrt(best)


@njit(cache=True, error_model="numpy")
def _approach(x: float, y: float, steps: Floats, segment: int) -> tuple[float, float]:
    """`polyline.approach` for one point and one segment."""
    rest_x, rest_y = x - steps[0, segment], y - steps[1, segment]
    share = rest_x * steps[4, segment] + rest_y * steps[5, segment]
    share = min(max(share, 0.0), 1.0)
    rest_x -= share * steps[2, segment]
    rest_y -= share * steps[3, segment]
    return share, rest_x * rest_x + rest_y * rest_y


@njit(cache=True, error_model="numpy")
def _is_on_road(x: float, y: float, roads: Roads) -> bool:
    """`Region.contains`."""
    slab = _count_up_to(roads.levels, y)
    if slab > 0 and roads.levels[slab - 1] == y and not _is_inside(x, y, roads.slabs[slab - 1]):
        return False
    return _is_inside(x, y, roads.slabs[slab])


@njit(cache=True, error_model="numpy")
def _is_inside(x: float, y: float, edges: Floats) -> bool:
    is_odd = False
    for edge in range(len(edges)):
        crossing = edges[edge, 0] + (y - edges[edge, 1]) * edges[edge, 2]
        if crossing == x:
            return False
        is_odd ^= crossing < x
    return is_odd


@njit(cache=True, error_model="numpy")
def _count_up_to(values: Floats, limit: float) -> int:
    """How many of the ascending values are not above a limit; all, if that is no number."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if limit < values[middle]:
            high = middle
        else:
            low = middle + 1
    return low
