"""Where cars are on the track: what rules and reward parameters measure of N poses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from deepracer_core.track.polyline import BoolArray, FloatArray
from deepracer_core.track.track import Projection, Track
from deepracer_core.vehicle import VEHICLE

BODY_X, BODY_Y = np.vstack(((VEHICLE.front_point_x, 0.0), VEHICLE.wheel_centres)).T
"""P and the four wheel centres in base_link, each (5,) [m]."""


@dataclass(frozen=True)
class CarLocations:
    """Places of N cars on a track; what only reward functions ask for is measured when they do.

    Attributes:
        track: the track in driving direction.
        poses: (N, 3) base_link x, y [m], yaw [rad] in the world frame.
        point: (N, 2) the reference point P in front of base_link [m], which stands for the car.
        projection: projection of P on the centre line.
        wheels_on_road: (N, 4) whether each wheel centre is strictly between the borders.
    """

    track: Track
    poses: FloatArray
    point: FloatArray
    projection: Projection
    wheels_on_road: BoolArray

    @property
    def all_wheels_on_track(self) -> BoolArray:
        """(N,) whether no wheel centre is off the road."""
        return np.asarray(self.wheels_on_road.all(axis=1))

    @property
    def off_track(self) -> BoolArray:
        """(N,) whether all four wheel centres are off the road.

        This is the rule of simapp; in the 2018 guide the front of the car counts (`point`).
        """
        return np.asarray(~self.wheels_on_road.any(axis=1))

    @cached_property
    def track_width(self) -> FloatArray:
        """(N,) distance of the border points nearest to the projection [m]."""
        return _distance(*self._border_points)

    @cached_property
    def is_left_of_centre(self) -> BoolArray:
        """(N,) whether P is nearer to the left border point than to the right one."""
        inner, outer = self._border_points
        nearer_inner = _distance(self.point, inner) < _distance(self.point, outer)
        return np.asarray(nearer_inner == self.track.is_counterclockwise)

    @cached_property
    def _border_points(self) -> tuple[FloatArray, FloatArray]:
        return self.track.border_points(self.projection)


def locate_cars(track: Track, poses: ArrayLike) -> CarLocations:
    """Measure the poses (N, 3) x, y [m], yaw [rad] of base_link, by the definitions of simapp."""
    poses = np.asarray(poses, dtype=np.float64)
    x, y, yaw = poses.T[:, :, None]
    cos, sin = np.cos(yaw), np.sin(yaw)
    body = np.empty((len(poses), len(BODY_X), 2))
    body[..., 0] = x + cos * BODY_X - sin * BODY_Y
    body[..., 1] = y + sin * BODY_X + cos * BODY_Y
    point = body[:, 0]
    return CarLocations(
        track=track,
        poses=poses,
        point=point,
        projection=track.project(point),
        wheels_on_road=track.on_road(body[:, 1:]),
    )


def _distance(one: FloatArray, two: FloatArray) -> FloatArray:
    return np.hypot(one[:, 0] - two[:, 0], one[:, 1] - two[:, 1])
