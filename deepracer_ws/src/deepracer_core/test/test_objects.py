"""Obstacles and other cars: footprints, places on the track, contacts and crashes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from deepracer_core.car_location import locate_cars
from deepracer_core.errors import ConfigError
from deepracer_core.objects import (
    BOT_CAR,
    BOX,
    PARKED_CAR,
    ObjectKind,
    ObjectStates,
    corners,
    find_contacts,
    find_crashes,
    locate_objects,
)
from deepracer_core.vehicle import VEHICLE
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, bent_rows, square_rows, track_of

SQUARE = track_of(square_rows())
CAR_LENGTH, CAR_WIDTH = 0.32352, 0.1961


def standing(kind: ObjectKind, *poses: tuple[float, float, float]) -> ObjectStates:
    """Objects of one kind in the world of one car."""
    return ObjectStates((kind,) * len(poses), np.array([poses], float), np.zeros((1, len(poses))))


def hits(pose: tuple[float, float, float], states: ObjectStates) -> list[bool]:
    return find_contacts([pose], states)[0].tolist()


def crashes(pose: tuple[float, float, float], states: ObjectStates) -> list[bool]:
    cars = locate_cars(SQUARE, [pose])
    return find_crashes(SQUARE, cars, locate_objects(SQUARE, states))[0].tolist()


def test_footprints_are_those_of_simapp() -> None:
    assert (BOX.length, BOX.width) == (0.5, 0.4)
    for kind in (PARKED_CAR, BOT_CAR):
        assert (kind.length, kind.width) == (CAR_LENGTH, CAR_WIDTH)
    assert [kind.is_bot for kind in (BOX, PARKED_CAR, BOT_CAR)] == [False, False, True]


def test_corners_by_hand() -> None:
    found = corners([(1, 2, 0), (1, 2, math.pi / 2)], 0.4, 0.2)
    expected = [
        [(1.2, 2.1), (1.2, 1.9), (0.8, 1.9), (0.8, 2.1)],
        [(0.9, 2.2), (1.1, 2.2), (1.1, 1.8), (0.9, 1.8)],
    ]
    assert found == pytest.approx(np.array(expected))


@pytest.mark.parametrize("gap", [0.001, -0.001])
def test_contact_begins_where_the_rectangles_meet(gap: float) -> None:
    ahead = (0.5 + CAR_LENGTH) / 2.0 + gap
    beside = (0.4 + CAR_WIDTH) / 2.0 + gap
    box = standing(BOX, (1, 1, 0))
    for x, y in ((ahead, 0), (-ahead, 0), (0, beside), (0, -beside)):
        assert hits((1 + x, 1 + y, 0), box) == [gap < 0.0]


def test_touching_edges_are_no_contact() -> None:
    box = ObjectKind(length=0.5, width=0.5, z=0.1, is_bot=False)
    assert hits((1 + 0.25 + CAR_WIDTH / 2, 1, math.pi / 2), standing(box, (1, 1, 0))) == [False]


def test_aligned_cars_touch_though_no_corner_is_inside() -> None:
    assert hits((2, 0, 0), standing(PARKED_CAR, (2.3, 0, 0))) == [True]
    assert hits((2, 0, 0), standing(PARKED_CAR, (2.33, 0, 0))) == [False]


def test_the_corner_of_a_box_in_the_side_of_the_car_is_a_contact() -> None:
    """No corner of the car is in the box."""
    box = standing(BOX, (0, 0, math.pi / 4))
    tip = math.hypot(0.5, 0.4) / 2.0 * math.cos(math.atan2(0.4, 0.5) - math.pi / 4)
    car = (tip + CAR_WIDTH / 2 - 0.01, 0.035, math.pi / 2)
    polygon = shapely.Polygon(corners([box.poses[0, 0]], 0.5, 0.4)[0])
    assert not shapely.contains_xy(polygon, corners([car], CAR_LENGTH, CAR_WIDTH)[0]).any()
    assert hits(car, box) == [True]
    assert hits((tip + CAR_WIDTH / 2 + 0.01, 0.035, math.pi / 2), box) == [False]


@REPEATABLE
@given(
    st.lists(
        st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(-4, 4)),
        min_size=1,
        max_size=8,
    ),
    st.floats(-4, 4),
    st.sampled_from((BOX, PARKED_CAR)),
)
def test_contacts_equal_shapely(
    poses: list[tuple[float, float, float]], yaw: float, kind: ObjectKind
) -> None:
    car = shapely.Polygon(corners((0, 0, yaw), CAR_LENGTH, CAR_WIDTH))
    expected = []
    for pose in poses:
        other = shapely.Polygon(corners(pose, kind.length, kind.width))
        expected.append(car.intersection(other).area > 1e-9)
    assert hits((0, 0, yaw), standing(kind, *poses)) == expected


def test_worlds_do_not_touch_each_other() -> None:
    poses = np.array([[(2, 0, 0), (4, 2, 0)], [(2, 0, 0), (0, 2, 0)]], dtype=float)
    states = ObjectStates((BOX, PARKED_CAR), poses, np.zeros((2, 2)))
    assert find_contacts([(2, 0, 0), (0, 2.1, 0)], states).tolist() == [
        [True, False],
        [False, True],
    ]


def test_a_box_ahead_or_behind_is_a_crash() -> None:
    assert crashes((2, 0, 0), standing(BOX, (2.3, 0, 0))) == [True]
    assert crashes((2, 0, 0), standing(BOX, (1.7, 0, 0))) == [True]
    assert crashes((2, 0, 0), standing(PARKED_CAR, (1.7, 0, 0))) == [True]


def test_a_bot_car_behind_is_no_crash_of_the_car() -> None:
    assert crashes((2, 0, 0), standing(BOT_CAR, (2.3, 0, 0))) == [True]
    assert crashes((2, 0, 0), standing(BOT_CAR, (1.7, 0, 0))) == [False]
    assert crashes((2, 0, 0), standing(BOT_CAR, (2.0, 0.1, 0))) == [True]  # level is not behind


def test_behind_and_ahead_at_the_start_line() -> None:
    """The front of the car has crossed the line, that of the bot behind it has not."""
    behind = standing(BOT_CAR, (-0.3 + 0.0, -0.02, 0))
    assert SQUARE.project([(-0.3 + 0.14, -0.02)]).arclength[0] == pytest.approx(0.0)
    assert crashes((0, 0, 0), behind) == [False]
    bot_before_line = standing(BOT_CAR, (0, 0.3, -math.pi / 2))
    assert crashes((0, 0.05, -math.pi / 4), bot_before_line) == [False]
    assert crashes((0, 0.3, -math.pi / 2), standing(BOT_CAR, (0.02, 0.05, 0))) == [True]


def test_behind_and_ahead_on_an_open_track() -> None:
    track = track_of(bent_rows())
    x, y, yaw = track.poses_at([0.5])[0]
    along = np.array((math.cos(yaw), math.sin(yaw)))
    for distance, crashed in ((0.3, True), (-0.3, False)):
        bot = standing(BOT_CAR, (x + distance * along[0], y + distance * along[1], yaw))
        cars = locate_cars(track, [(x, y, yaw)])
        assert find_crashes(track, cars, locate_objects(track, bot)).tolist() == [[crashed]]


def test_which_object_is_hit() -> None:
    kinds = (BOX, BOT_CAR, PARKED_CAR)
    poses = np.array([[(3, 0, 0), (1.75, 0, 0), (2.2, 0.1, 0)]], dtype=float)
    states = ObjectStates(kinds, poses, np.zeros((1, 3)))
    assert hits((2, 0, 0), states) == [False, True, True]
    assert crashes((2, 0, 0), states) == [False, False, True]


def test_places_on_the_track() -> None:
    states = standing(BOX, (1, 0.2, 0), (4.3, 1, 0), (2, 2, 0), (-2, 2, 0))
    found = locate_objects(SQUARE, states)
    assert found.arclength[0] == pytest.approx([1, 5, 2, 14])
    assert found.distance[0] == pytest.approx([0.2, 0.3, 2, 2])
    assert found.is_left_of_centre[0].tolist() == [True, False, False, False]
    back = locate_objects(SQUARE.reversed(), states)
    assert back.arclength[0] == pytest.approx([15, 11, 2, 2])
    assert back.is_left_of_centre[0].tolist() == [False, True, True, True]


def test_impossible_arrays_are_refused() -> None:
    for kinds, poses, speed in (
        ((BOX,), (1, 2, 3), (1, 2)),
        ((BOX, BOX), (1, 2, 2), (1, 2)),
        ((BOX,), (2, 1, 3), (1, 1)),
        ((), (1, 0, 3), (1, 0)),
    ):
        with pytest.raises(ConfigError, match="give M kinds"):
            ObjectStates(kinds, np.zeros(poses), np.zeros(speed))


def test_the_car_has_the_footprint_of_a_bot_car() -> None:
    assert (VEHICLE.footprint_length, VEHICLE.footprint_width) == (CAR_LENGTH, CAR_WIDTH)
