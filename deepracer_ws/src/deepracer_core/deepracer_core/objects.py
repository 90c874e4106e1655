"""Obstacles and other cars as data: what they are, where they stand, and whether a car hits one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepracer_core.car_location import CarLocations
from deepracer_core.errors import ConfigError
from deepracer_core.track.polyline import BoolArray, FloatArray
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE

_CAR_SIZE = (VEHICLE.footprint_length, VEHICLE.footprint_width)


@dataclass(frozen=True)
class ObjectKind:
    """What all objects of a kind share.

    Attributes:
        length: length of the footprint along the heading [m].
        width: width of the footprint [m].
        z: height of the model's origin above the ground [m].
        is_bot: whether it drives; a bot car that comes from behind is itself to blame for a crash.
    """

    length: float
    width: float
    z: float
    is_bot: bool


BOX = ObjectKind(length=0.5, width=0.4, z=0.1, is_bot=False)
"""simapp's box of 0.4 x 0.3 m with a margin of 0.1 m."""

PARKED_CAR = ObjectKind(VEHICLE.footprint_length, VEHICLE.footprint_width, z=0.0, is_bot=False)
"""A car as an obstacle (simapp: IS_OBSTACLE_BOT_CAR)."""

BOT_CAR = ObjectKind(VEHICLE.footprint_length, VEHICLE.footprint_width, z=0.0, is_bot=True)
"""A car that drives along its lane (`bot_car`)."""


@dataclass(frozen=True)
class ObjectStates:
    """M >= 1 objects in the worlds of N cars, each of which drives alone among its own.

    Attributes:
        kinds: the M kinds, the same in all worlds.
        poses: (N, M, 3) x, y [m], yaw [rad] in the world frame.
        speed: (N, M) speed [m/s], 0 for what stands.

    Raises:
        ConfigError: the arrays do not have these shapes.
    """

    kinds: tuple[ObjectKind, ...]
    poses: FloatArray
    speed: FloatArray

    def __post_init__(self) -> None:
        """Check the shapes."""
        expected = (*self.speed.shape, 3)
        fits = self.poses.shape == expected and self.speed.shape[1:] == (len(self.kinds),)
        if not (fits and self.kinds):
            raise ConfigError(
                f"objects: {len(self.kinds)} kinds, poses {self.poses.shape}, speed "
                f"{self.speed.shape}; give M kinds, poses (N, M, 3) and speed (N, M), with M >= 1"
            )


@dataclass(frozen=True)
class ObjectLocations:
    """Places of objects on the track; those of obstacles are measured once and kept.

    Attributes:
        states: the objects.
        arclength: (N, M) projection on the centre line in driving direction [m].
        distance: (N, M) distance to the centre line [m].
        is_left_of_centre: (N, M) whether the object is in the left half of the road. Beside the
            road it counts as right on counter-clockwise tracks, as left on clockwise ones (simapp).
    """

    states: ObjectStates
    arclength: FloatArray
    distance: FloatArray
    is_left_of_centre: BoolArray


def locate_objects(track: Track, states: ObjectStates) -> ObjectLocations:
    """Measure where objects are on the track, by the definitions of simapp."""
    shape = states.speed.shape
    points = states.poses[..., :2].reshape(-1, 2)
    projection = track.project(points)
    inner_half = track.on_inner_half(points)
    return ObjectLocations(
        states,
        projection.arclength.reshape(shape),
        projection.distance.reshape(shape),
        (inner_half == track.is_counterclockwise).reshape(shape),
    )


def corners(poses: ArrayLike, length: ArrayLike, width: ArrayLike) -> FloatArray:
    """Corners (..., 4, 2) [m] of rectangles around poses (..., 3); sizes [m] broadcast to (...)."""
    poses = np.asarray(poses, dtype=np.float64)
    ahead = np.multiply.outer(np.asarray(length) / 2.0, (1.0, 1.0, -1.0, -1.0))
    left = np.multiply.outer(np.asarray(width) / 2.0, (1.0, -1.0, -1.0, 1.0))
    x, y, yaw = np.moveaxis(poses[..., None, :], -1, 0)
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.stack((x + cos * ahead - sin * left, y + sin * ahead + cos * left), axis=-1)


def find_contacts(poses: ArrayLike, states: ObjectStates) -> BoolArray:
    """Tell which objects the cars at poses (N, 3) touch: (N, M).

    They touch if their rectangles overlap. simapp asks whether a corner of the car is inside the
    object, and so misses a box that pokes into the side of the car with its own corner.
    """
    poses = np.asarray(poses, dtype=np.float64)
    sizes = np.array([(kind.length, kind.width) for kind in states.kinds])
    offset = states.poses - poses[:, None]
    reach = (np.hypot(*_CAR_SIZE) + np.hypot(sizes[:, 0], sizes[:, 1])) / 2.0
    contacts: BoolArray = np.hypot(offset[..., 0], offset[..., 1]) < reach
    car, other = np.nonzero(contacts)  # the few that are near enough to look at
    contacts[car, other] = _overlap(
        offset[car, other], poses[car, 2], states.poses[car, other, 2], sizes[other]
    )
    return contacts


def find_crashes(track: Track, cars: CarLocations, objects: ObjectLocations) -> BoolArray:
    """Tell which objects the cars crash into: (N, M).

    A contact is a crash of the car unless the object is a bot car behind it. Behind is measured
    between the front points of both along the centre line, the shorter way round; simapp compares
    progress, and takes a bot behind the finish line for one ahead of a car that just crossed it.
    """
    crashes = find_contacts(cars.poses, objects.states)
    is_bot = np.array([kind.is_bot for kind in objects.states.kinds], dtype=bool)
    car, bot = np.nonzero(crashes & is_bot)
    if car.size == 0:
        return crashes
    poses = objects.states.poses[car, bot]
    ahead = np.column_stack((np.cos(poses[:, 2]), np.sin(poses[:, 2])))
    fronts = track.project(poses[:, :2] + VEHICLE.front_point_x * ahead)
    lead = cars.projection.arclength[car] - fronts.arclength
    if track.closed:
        lead = (lead + track.length / 2.0) % track.length - track.length / 2.0
    crashes[car, bot] = lead <= 0.0
    return crashes


def _overlap(
    offset: FloatArray, car_yaw: FloatArray, yaw: FloatArray, sizes: FloatArray
) -> BoolArray:
    """Tell which of K cars and objects overlap, by the separating axis theorem.

    Args:
        offset: (K, 3) pose of the object minus that of the car [m, m, rad].
        car_yaw: (K,) directions of the cars [rad].
        yaw: (K,) directions of the objects [rad].
        sizes: (K, 2) length and width of the objects [m].
    """
    car_sizes = np.broadcast_to(_CAR_SIZE, sizes.shape)
    turned = np.abs(offset[:, 2])
    return _shadows_overlap(offset, car_yaw, car_sizes, sizes, turned) & _shadows_overlap(
        offset, yaw, sizes, car_sizes, turned
    )


def _shadows_overlap(
    offset: FloatArray, yaw: FloatArray, own: FloatArray, other: FloatArray, turned: FloatArray
) -> BoolArray:
    """Tell whether two rectangles overlap as seen along both axes of the one at `yaw` (K,)."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    ahead = np.abs(cos * offset[:, 0] + sin * offset[:, 1])
    left = np.abs(cos * offset[:, 1] - sin * offset[:, 0])
    cos, sin = np.abs(np.cos(turned)), np.abs(np.sin(turned))
    overlap_ahead = 2.0 * ahead < own[:, 0] + cos * other[:, 0] + sin * other[:, 1]
    overlap_left = 2.0 * left < own[:, 1] + sin * other[:, 0] + cos * other[:, 1]
    return np.asarray(overlap_ahead & overlap_left)
