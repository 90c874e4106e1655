"""The reward parameters about objects: nearest ones, lists, units, and the camera's view."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.car_location import locate_cars
from deepracer_core.object_params import closest_objects, object_columns, seen_by_camera
from deepracer_core.objects import BOT_CAR, BOX, ObjectKind, ObjectStates, locate_objects
from deepracer_core.vehicle import VEHICLE
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, square_rows, track_of

SQUARE = track_of(square_rows())
CAMERA = VEHICLE.camera


def states(kinds: tuple[ObjectKind, ...], *poses: tuple[float, float, float]) -> ObjectStates:
    speed = [[0.2 if kind.is_bot else 0.0 for kind in kinds]]
    return ObjectStates(kinds, np.array([poses], dtype=float), np.array(speed))


def test_lists_by_hand() -> None:
    objects = states((BOX, BOT_CAR), (1, 0.2, math.pi / 2), (4.3, 1, 3 * math.pi / 2))
    cars = locate_cars(SQUARE, [(2, 0, 0)])
    columns = object_columns(SQUARE, cars, locate_objects(SQUARE, objects))
    assert {key: value[0] for key, value in columns.items()} == {
        "closest_objects": [0, 1],
        "objects_location": [[1.0, 0.2], [4.3, 1.0]],
        "objects_left_of_center": [True, False],
        "objects_speed": [0.0, 0.2],
        "objects_heading": [0.0, pytest.approx(-90.0)],
        "objects_distance_from_center": [pytest.approx(0.2), pytest.approx(0.3)],
        "objects_distance": [pytest.approx(1.0), pytest.approx(5.0)],
        "object_in_camera": True,
    }


def test_headings_in_radians_as_simapp_passes_them() -> None:
    objects = locate_objects(SQUARE, states((BOX, BOT_CAR), (1, 0, 1.0), (3, 0, 1.0)))
    cars = locate_cars(SQUARE, [(2, 0, 0)])
    columns = object_columns(SQUARE, cars, objects, heading_in_radians=True)
    assert columns["objects_heading"] == [[0.0, pytest.approx(1.0)]]


@pytest.mark.parametrize(
    ("car", "expected"),
    [(0.5, [2, 1]), (1.0, [1, 0]), (2.0, [1, 0]), (5.0, [0, 2]), (9.0, [2, 1]), (15.9, [2, 1])],
)
def test_closest_objects_wrap_around(car: float, expected: list[int]) -> None:
    objects = np.array([[3.0, 1.0, 8.0]])
    assert closest_objects(np.array([car]), objects, 16.0).tolist() == [expected]


def test_a_single_object_is_behind_and_ahead() -> None:
    for car in (0.0, 3.0, 7.0):
        assert closest_objects(np.array([car]), np.array([[3.0]]), 16.0).tolist() == [[0, 0]]


@REPEATABLE
@given(
    st.floats(0.0, 15.99),
    st.lists(st.floats(0.0, 15.99), min_size=1, max_size=9, unique=True),
)
def test_closest_objects_equal_sorting(car: float, objects: list[float]) -> None:
    """simapp sorts the objects and bisects."""
    order = sorted(range(len(objects)), key=objects.__getitem__)
    passed = sum(objects[index] <= car for index in order)
    expected = [order[passed - 1], order[passed % len(order)]]
    found = closest_objects(np.array([car]), np.array([objects]), 16.0)[0].tolist()
    assert [objects[index] for index in found] == pytest.approx([objects[i] for i in expected])


def in_view(*pose: float, kind: ObjectKind = BOX, car: tuple[float, ...] = (0, 0, 0)) -> bool:
    objects = states((kind,), (pose[0], pose[1], pose[2] if len(pose) > 2 else 0.0))
    return bool(seen_by_camera(np.array([car], dtype=float), objects, np.array([0]))[0])


def test_straight_ahead_is_in_view_and_behind_is_not() -> None:
    assert in_view(1.0, 0.0)
    assert in_view(5.0, 0.0)
    assert not in_view(-1.0, 0.0)
    assert not in_view(400.0, 0.0)


def test_view_turns_and_moves_with_the_car() -> None:
    assert in_view(3.0, 4.0, car=(3.0, 2.0, math.pi / 2))
    assert not in_view(5.0, 2.0, car=(3.0, 2.0, math.pi / 2))
    assert in_view(5.0, 4.0, car=(3.0, 2.0, math.pi / 4))
    assert not in_view(5.0, 0.0, car=(3.0, 2.0, math.pi / 4))


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_edge_of_the_view_is_half_the_horizontal_angle(side: float) -> None:
    """A point-like object 2 m ahead, at the height of the axis there: 64.7 deg across the image."""
    depth = 2.0
    x = CAMERA.x + depth * math.cos(CAMERA.pitch)
    z = CAMERA.z - depth * math.sin(CAMERA.pitch)
    point = ObjectKind(length=1e-9, width=1e-9, z=z, is_bot=False)
    edge = depth * math.tan(1.13 / 2.0)
    assert in_view(x, side * (edge - 0.001), kind=point)
    assert not in_view(x, side * (edge + 0.001), kind=point)


@pytest.mark.parametrize("lower", [True, False])
def test_the_lower_and_upper_edge_of_the_view(lower: bool) -> None:
    """The image is 3/4 as high as wide, its axis 0.2618 rad below the horizon."""
    half_height = math.atan(0.75 * math.tan(1.13 / 2.0))
    distance, inward = (0.5, 0.002) if lower else (2.0, -0.002)
    edge = CAMERA.z - distance * math.tan(0.2618 + (half_height if lower else -half_height))
    for z, seen in ((edge + inward, True), (edge - inward, False)):
        point = ObjectKind(length=1e-9, width=1e-9, z=z, is_bot=False)
        assert in_view(CAMERA.x + distance, 0.0, kind=point) is seen


def test_a_corner_in_view_is_enough() -> None:
    x, edge = 2.0, (2.0 - CAMERA.x) * math.tan(1.13 / 2.0)
    assert in_view(x, edge + 0.3, kind=BOX)
    assert not in_view(x, edge + 0.6, kind=BOX)


def test_only_the_object_ahead_counts_for_the_parameter() -> None:
    """The box behind along the track is in view, the one ahead is round the corner."""
    cars = locate_cars(SQUARE, [(3.5, 0, math.pi)])
    objects = locate_objects(SQUARE, states((BOX, BOX), (1, 0, 0), (4, 3, 0)))
    columns = object_columns(SQUARE, cars, objects)
    assert columns["closest_objects"] == [[0, 1]]
    assert columns["object_in_camera"] == [False]
    assert seen_by_camera(cars.poses, objects.states, np.array([0])).tolist() == [True]
