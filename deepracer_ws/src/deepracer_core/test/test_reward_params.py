"""Reward parameters: every key and type, values by hand, and a plain second implementation."""

from __future__ import annotations

import bisect
import json
import math
from typing import Any

import numpy as np
import pytest
import shapely
from deepracer_core.car_location import locate_cars
from deepracer_core.object_placement import even_placements, place_obstacles
from deepracer_core.objects import locate_objects
from deepracer_core.reward_params import CarStates, step_params, track_constants
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE
from track_samples import TRACKS, name_of, square_rows, track_of

SQUARE = track_of(square_rows())

TYPES: dict[str, type] = {
    "all_wheels_on_track": bool,
    "x": float,
    "y": float,
    "heading": float,
    "distance_from_center": float,
    "projection_distance": float,
    "progress": float,
    "steps": int,
    "speed": float,
    "steering_angle": float,
    "track_width": float,
    "track_length": float,
    "waypoints": list,
    "closest_waypoints": list,
    "is_left_of_center": bool,
    "is_reversed": bool,
    "is_crashed": bool,
    "is_offtrack": bool,
    "sim_time": float,
    "closest_objects": list,
    "objects_location": list,
    "objects_left_of_center": list,
    "objects_speed": list,
    "objects_heading": list,
    "objects_distance_from_center": list,
    "objects_distance": list,
    "object_in_camera": bool,
}
"""Every key of DeepRacer and the type of its value."""


def states(track: Track, poses: Any, **changes: Any) -> CarStates:
    location = locate_cars(track, poses)
    cars = len(location.poses)
    values = {
        "steering_angle": np.zeros(cars),
        "speed": np.ones(cars),
        "progress": np.zeros(cars),
        "steps": np.ones(cars, dtype=np.int64),
        "crashed": np.zeros(cars, dtype=bool),
        "sim_time": np.zeros(cars),
    }
    return CarStates(location, **{**values, **changes})


def params(track: Track, poses: Any, **changes: Any) -> list[dict[str, Any]]:
    constants = track_constants(track)
    return [{**constants, **step} for step in step_params(track, states(track, poses, **changes))]


def test_every_key_is_there_with_plain_python_values() -> None:
    (without,) = params(SQUARE, [(2, 0, 0)])
    obstacles = locate_objects(SQUARE, place_obstacles(SQUARE, [even_placements(3, SQUARE.length)]))
    (step,) = step_params(SQUARE, states(SQUARE, [(2, 0, 0)]), obstacles)
    for values in (without, {**track_constants(SQUARE), **step}):
        assert {key: type(value) for key, value in values.items()} == TYPES
        json.dumps(values)  # refuses numpy's numbers


def test_constants() -> None:
    constants = track_constants(SQUARE.reversed())
    assert constants["waypoints"] == [(0, 0), (0, 4), (4, 4), (4, 0), (0, 0)]
    assert all(isinstance(point, tuple) for point in constants["waypoints"])
    assert constants["track_length"] == 16.0


def test_values_by_hand() -> None:
    (found,) = params(
        SQUARE,
        [(2.0, 0.1, math.pi / 2)],
        steering_angle=np.array([-math.radians(15.0)]),
        speed=np.array([2.5]),
        progress=np.array([12.5]),
        steps=np.array([7]),
        crashed=np.array([True]),
        sim_time=np.array([0.466]),
    )
    assert found == {
        **track_constants(SQUARE),
        "all_wheels_on_track": True,
        "x": pytest.approx(2.0),
        "y": pytest.approx(0.24),
        "heading": pytest.approx(90.0),
        "distance_from_center": pytest.approx(0.24),
        "projection_distance": pytest.approx(2.0),
        "progress": 12.5,
        "steps": 7,
        "speed": 2.5,
        "steering_angle": pytest.approx(-15.0),
        "track_width": pytest.approx(1.0),
        "closest_waypoints": [0, 1],
        "is_left_of_center": True,
        "is_reversed": False,
        "is_crashed": True,
        "is_offtrack": False,
        "sim_time": 0.466,
        "closest_objects": [0, 0],
        "objects_location": [],
        "objects_left_of_center": [],
        "objects_speed": [],
        "objects_heading": [],
        "objects_distance_from_center": [],
        "objects_distance": [],
        "object_in_camera": False,
    }


@pytest.mark.parametrize(
    ("yaw", "heading"),
    [(0.0, 0.0), (3 * math.pi / 2, -90.0), (-7 * math.pi / 4, 45.0), (5 * math.pi, 180.0)],
)
def test_heading_is_within_180_degrees(yaw: float, heading: float) -> None:
    found = params(SQUARE, [(2, 0, yaw)])[0]["heading"]
    assert abs(found) if abs(heading) == 180.0 else found == pytest.approx(heading)
    assert -180.0 <= found <= 180.0


def test_cars_share_no_list() -> None:
    """A reward function may change what it gets; that must not reach another car or step."""
    first, second = step_params(SQUARE, states(SQUARE, [(2, 0, 0), (2, 0, 0)]))
    for key, value in first.items():
        if isinstance(value, list):
            value.append("changed")
            assert "changed" not in second[key]
    assert step_params(SQUARE, states(SQUARE, [(2, 0, 0)]))[0]["objects_speed"] == []


def test_direction_flag() -> None:
    assert params(SQUARE.reversed(), [(2, 0, 0)])[0]["is_reversed"] is True
    assert params(SQUARE, [(2, 0, math.pi)])[0]["is_reversed"] is False


def by_definition(track: Track, x: float, y: float, yaw: float) -> dict[str, Any]:
    """The parameters of one car, written down plainly with shapely from the definitions."""
    line = shapely.LinearRing if track.closed else shapely.LineString
    centre, inner, outer = line(track.centre), line(track.inner), line(track.outer)
    if track.closed:
        road = shapely.Polygon(track.outer, [track.inner])
        counterclockwise = centre.is_ccw
    else:
        road = shapely.Polygon(np.vstack((track.outer, track.inner[::-1])))
        counterclockwise = not track.is_reversed

    def in_world(ahead: float, left: float) -> shapely.Point:
        return shapely.Point(
            x + ahead * math.cos(yaw) - left * math.sin(yaw),
            y + ahead * math.sin(yaw) + left * math.cos(yaw),
        )

    front = in_world(0.14, 0.0)
    wheels = [road.contains(in_world(*wheel)) for wheel in VEHICLE.wheel_centres]
    share = centre.project(front, normalized=True)
    shares = [centre.project(shapely.Point(c), normalized=True) for c in track.centre[:-1]] + [1.0]
    ahead = bisect.bisect_right(shares, share)
    on_line = centre.interpolate(share, normalized=True)
    on_inner = inner.interpolate(inner.project(on_line))
    on_outer = outer.interpolate(outer.project(on_line))
    nearer_inner = front.distance(on_inner) < front.distance(on_outer)
    return {
        "all_wheels_on_track": all(wheels),
        "is_offtrack": not any(wheels),
        "x": front.x,
        "y": front.y,
        "heading": math.degrees(yaw),
        "distance_from_center": front.distance(on_line),
        "projection_distance": share * centre.length,
        "track_width": on_inner.distance(on_outer),
        "closest_waypoints": [ahead - 1, ahead % len(shares)],
        "is_left_of_center": nearer_inner != (not counterclockwise),
    }


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_values_equal_a_plain_second_implementation(track: Track) -> None:
    rng = np.random.default_rng(4)
    poses = track.poses_at(rng.uniform(0.02, 0.97, 100), rng.uniform(-0.6, 0.6, 100))
    poses[:, 2] = rng.uniform(-math.pi, math.pi, 100)
    for pose, found in zip(poses, params(track, poses)):
        for key, value in by_definition(track, *pose).items():
            assert found[key] == pytest.approx(value, abs=1e-6), key


def test_commands_have_the_decimals_of_the_action_space() -> None:
    degrees, speeds = np.arange(-30.0, 30.5, 0.5), np.linspace(0.1, 4.0, 40).round(1)
    for degree, speed in zip(degrees, np.resize(speeds, len(degrees))):
        command = np.float32((math.radians(degree), speed))
        (found,) = params(SQUARE, [(2.0, 0.0, 0.0)], steering_angle=command[:1], speed=command[1:])
        assert (found["steering_angle"], found["speed"]) == (degree, speed)
