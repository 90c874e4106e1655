"""The `params` dictionary of reward functions, with every key of DeepRacer, for N cars in one call.

What never changes in an episode is built once (`track_constants`), the rest in each step
(`step_params`); a reward function gets both in one dictionary. All values are plain Python.

| Key                          | Unit  | Meaning                                                   |
|------------------------------|-------|-----------------------------------------------------------|
| waypoints                    | m     | list of (x, y) in driving direction; loops repeat the firs|
| track_length                 | m     | length of the centre line                                 |
| x, y                         | m     | P, the point 0.14 m in front of base_link                 |
| heading                      | deg   | yaw of the car, -180 to 180                               |
| distance_from_center         | m     | distance of P to the centre line                          |
| projection_distance          | m     | centre line from row 0 to P                               |
| closest_waypoints            | index | [behind, ahead] of P along the centre line                |
| is_left_of_center            |       | P is nearer to the left border than to the right one      |
| track_width                  | m     | distance of the border points nearest to P's projection   |
| all_wheels_on_track          |       | no wheel centre is on or beyond a border                  |
| is_offtrack                  |       | all wheel centres are                                     |
| is_reversed                  |       | driven in reverse of the source; not that the car turned  |
| progress                     | %     | share of the lap that is done (`progress`)                |
| steps                        |       | 1 in the first step of an episode                         |
| speed                        | m/s   | the commanded speed, not the measured one                 |
| steering_angle               | deg   | the commanded angle, left positive                        |
| is_crashed                   |       | the car hit an object (`objects.find_crashes`)            |
| sim_time                     | s     | simulated time                                            |
| closest_objects              | index | [behind, ahead] of P along the centre line                |
| objects_location             | m     | list of [x, y]                                            |
| objects_left_of_center       |       | list of bool                                              |
| objects_speed                | m/s   | list, 0 for what stands                                   |
| objects_heading              | deg   | list (simapp: radians, see `object_params`)               |
| objects_distance             | m     | list, centre line from row 0 to the object                |
| objects_distance_from_center | m     | list (not documented by AWS)                              |
| object_in_camera             |       | the object ahead is in view (not documented by AWS)       |

Without objects the lists are empty and closest_objects is [0, 0]. Definitions: simapp, and
the devguide where the two disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepracer_core.car_location import CarLocations
from deepracer_core.object_params import Columns, no_object_columns, object_columns
from deepracer_core.objects import ObjectLocations
from deepracer_core.track.polyline import BoolArray, FloatArray, IntArray
from deepracer_core.track.track import Track

COMMAND_DECIMALS = 4
"""To which `speed` [m/s] and `steering_angle` [deg] are rounded. Commands travel as float32 and in
radians, but reward functions compare them with the decimals of the action space."""


@dataclass(frozen=True)
class CarStates:
    """What the parameters of a step are made of, for N cars.

    Attributes:
        location: where the cars are.
        steering_angle: (N,) commanded angle [rad], left positive, before any limit.
        speed: (N,) commanded speed [m/s], before any limit.
        progress: (N,) share of the lap that is done [%].
        steps: (N,) number of the step in its episode, from 1.
        crashed: (N,) whether the car hit an object.
        sim_time: (N,) simulated time [s].
    """

    location: CarLocations
    steering_angle: FloatArray
    speed: FloatArray
    progress: FloatArray
    steps: IntArray
    crashed: BoolArray
    sim_time: FloatArray


def track_constants(track: Track) -> dict[str, Any]:
    """The parameters that never change while a track is driven in one direction."""
    return {
        "waypoints": [(x, y) for x, y in track.centre.tolist()],
        "track_length": track.length,
    }


def step_params(
    track: Track,
    cars: CarStates,
    objects: ObjectLocations | None = None,
    *,
    heading_in_radians: bool = False,
) -> list[dict[str, Any]]:
    """All other parameters of one step: one dictionary for each of the N cars, nothing shared.

    Args:
        track: the track in driving direction.
        cars: the state of the cars, before the action acts on it.
        objects: the M objects in the world of each car, if any.
        heading_in_radians: for `objects_heading`, see `object_params.object_columns`.
    """
    columns = _car_columns(track, cars)
    if objects is None:
        columns.update(no_object_columns(len(cars.speed)))
    else:
        columns.update(
            object_columns(track, cars.location, objects, heading_in_radians=heading_in_radians)
        )
    keys = tuple(columns)
    return [dict(zip(keys, values)) for values in zip(*columns.values())]


def _car_columns(track: Track, cars: CarStates) -> Columns:
    """The parameters about the cars themselves, each a list over the N cars."""
    location = cars.location
    projection = location.projection
    yaw = location.poses[:, 2]
    return {
        "all_wheels_on_track": location.all_wheels_on_track.tolist(),
        "x": location.point[:, 0].tolist(),
        "y": location.point[:, 1].tolist(),
        "heading": np.degrees(np.arctan2(np.sin(yaw), np.cos(yaw))).tolist(),
        "distance_from_center": projection.distance.tolist(),
        "projection_distance": projection.arclength.tolist(),
        "progress": cars.progress.tolist(),
        "steps": cars.steps.tolist(),
        "speed": _decimals(cars.speed).tolist(),
        "steering_angle": _decimals(np.degrees(cars.steering_angle)).tolist(),
        "track_width": location.track_width.tolist(),
        "closest_waypoints": track.closest_waypoints(projection.arclength).tolist(),
        "is_left_of_center": location.is_left_of_centre.tolist(),
        "is_reversed": [track.is_reversed] * len(yaw),
        "is_crashed": cars.crashed.tolist(),
        "is_offtrack": location.off_track.tolist(),
        "sim_time": cars.sim_time.tolist(),
    }


def _decimals(values: FloatArray) -> FloatArray:
    rounded: FloatArray = values.astype(np.float64).round(COMMAND_DECIMALS)
    return rounded
