"""The reward parameters about objects: where they are, which are nearest, which are in view."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepracer_core.car_location import CarLocations
from deepracer_core.objects import ObjectLocations, ObjectStates, corners
from deepracer_core.track.polyline import BoolArray, FloatArray, IntArray
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE

CAMERA_NEAR = 0.2  # [m] clip planes of the camera; simapp
CAMERA_FAR = 300.0  # [m]

Columns = dict[str, list[Any]]


def no_object_columns(cars: int) -> Columns:
    """The defaults where there are no objects (simapp), one fresh value per car."""
    columns: Columns = {"closest_objects": [[0, 0] for _ in range(cars)]}
    for key in (
        "objects_location",
        "objects_left_of_center",
        "objects_speed",
        "objects_heading",
        "objects_distance_from_center",
        "objects_distance",
    ):
        columns[key] = [[] for _ in range(cars)]
    columns["object_in_camera"] = [False] * cars
    return columns


def object_columns(
    track: Track, cars: CarLocations, objects: ObjectLocations, *, heading_in_radians: bool = False
) -> Columns:
    """The parameters about objects, each a list over the N cars.

    Args:
        track: the track.
        cars: where the N cars are.
        objects: where the M objects in the world of each car are.
        heading_in_radians: `objects_heading` in radians, as simapp passes it, instead of degrees,
            as the devguide documents it; for reward functions written against simapp. Objects that
            stand have the heading 0 in both.
    """
    states = objects.states
    closest = closest_objects(cars.projection.arclength, objects.arclength, track.length)
    is_bot = np.array([kind.is_bot for kind in states.kinds], dtype=bool)
    yaw = np.where(is_bot, states.poses[..., 2], 0.0)
    yaw = np.arctan2(np.sin(yaw), np.cos(yaw))
    return {
        "closest_objects": closest.tolist(),
        "objects_location": states.poses[..., :2].tolist(),
        "objects_left_of_center": objects.is_left_of_centre.tolist(),
        "objects_speed": states.speed.tolist(),
        "objects_heading": (yaw if heading_in_radians else np.degrees(yaw)).tolist(),
        "objects_distance_from_center": objects.distance.tolist(),
        "objects_distance": objects.arclength.tolist(),
        "object_in_camera": seen_by_camera(cars.poses, states, closest[:, 1]).tolist(),
    }


def closest_objects(car: FloatArray, objects: FloatArray, length: float) -> IntArray:
    """Indexes (N, 2) of the objects behind and ahead of each car along the centre line.

    The search wraps around, so that a single object is both. One exactly beside the car is behind.

    Args:
        car: (N,) arclength of P [m].
        objects: (N, M) arclength of the objects [m].
        length: length of the centre line [m].
    """
    ahead = (objects - car[:, None]) % length
    behind = (car[:, None] - objects) % length
    ahead[ahead == 0.0] = length
    return np.stack((behind.argmin(axis=1), ahead.argmin(axis=1)), axis=1)


def seen_by_camera(poses: FloatArray, states: ObjectStates, index: IntArray) -> BoolArray:
    """Tell for each car (N,) whether its camera has one of the objects in view.

    An object is in view if its origin or a corner of its footprint, at the height of its origin, is
    inside the camera's pyramid of view (simapp). Nothing hides anything.

    Args:
        poses: (N, 3) x, y [m], yaw [rad] of the cars.
        states: the M objects in the world of each car.
        index: (N,) which of them is looked for.
    """
    camera = VEHICLE.camera
    length, width, z = np.array([(k.length, k.width, k.z) for k in states.kinds])[index].T
    target = states.poses[np.arange(len(poses)), index]
    points = np.concatenate((corners(target, length, width), target[:, None, :2]), axis=1)
    x, y, yaw = poses.T[:, :, None]
    east, north = points[..., 0] - x, points[..., 1] - y
    cos, sin = np.cos(yaw), np.sin(yaw)
    forward = cos * east + sin * north - camera.x
    left = cos * north - sin * east
    up = z[:, None] - camera.z
    # The camera looks down by its pitch.
    depth = math.cos(camera.pitch) * forward - math.sin(camera.pitch) * up
    rise = math.sin(camera.pitch) * forward + math.cos(camera.pitch) * up
    half_width = math.tan(camera.horizontal_fov / 2.0) * depth
    half_height = half_width * camera.height / camera.width
    in_view = (depth > CAMERA_NEAR) & (depth < CAMERA_FAR)
    in_view &= (np.abs(left) < half_width) & (np.abs(rise) < half_height)
    return np.asarray(in_view.any(axis=1))
