"""Where cars are on the track: hand-computed on a square, and the rules for wheels and sides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.car_location import locate_cars
from deepracer_core.vehicle import VEHICLE
from track_samples import square_rows, track_of

SQUARE = track_of(square_rows())
FRONT = VEHICLE.front_point_x


def test_the_reference_point_is_in_front_of_base_link() -> None:
    cars = locate_cars(SQUARE, [(2, 0.1, 0), (2, 0.1, math.pi / 2), (4.2, 2, -3 * math.pi / 4)])
    side = FRONT / math.sqrt(2)
    expected = [(2 + FRONT, 0.1), (2, 0.1 + FRONT), (4.2 - side, 2 - side)]
    assert cars.point == pytest.approx(np.array(expected))
    assert cars.projection.arclength == pytest.approx([2 + FRONT, 2, 6 - side])
    assert cars.projection.distance == pytest.approx([0.1, 0.1 + FRONT, 0.2 - side])


def test_width_is_measured_at_the_projection() -> None:
    cars = locate_cars(SQUARE, [(2, 0, 0), (4 - FRONT, 0, 0)])
    at_corner = math.dist((3.5, 0.5), (4, -0.5))
    assert cars.track_width == pytest.approx([1.0, at_corner])


def test_left_and_right_in_both_directions() -> None:
    poses = [(2, 0.1, 0), (2, -0.1, 0)]
    assert locate_cars(SQUARE, poses).is_left_of_centre.tolist() == [True, False]
    assert locate_cars(SQUARE.reversed(), poses).is_left_of_centre.tolist() == [False, True]


def crossing_the_outer_border(wheels_outside: int) -> tuple[float, float, float]:
    """A pose that drives straight out of the bottom side, with so many wheels beyond y = -0.5."""
    front, rear = VEHICLE.front_axle_x, VEHICLE.rear_axle_x
    lead = {0: front + 0.01, 2: (front + rear) / 2.0, 4: rear - 0.01}[wheels_outside]
    return 2.0, -0.5 + lead, -math.pi / 2.0


@pytest.mark.parametrize(
    ("outside", "all_on", "off"), [(0, True, False), (2, False, False), (4, False, True)]
)
def test_wheels_on_the_track(outside: int, all_on: bool, off: bool) -> None:
    cars = locate_cars(SQUARE, [crossing_the_outer_border(outside)])
    assert cars.wheels_on_road.sum() == 4 - outside
    assert cars.all_wheels_on_track.tolist() == [all_on]
    assert cars.off_track.tolist() == [off]


def test_one_wheel_alone_decides() -> None:
    """Along the bottom side, slightly turned out: only the front right wheel is outside."""
    turn = -0.1
    wheel = VEHICLE.wheel_centres[1]
    below = math.sin(turn) * wheel[0] + math.cos(turn) * wheel[1]
    for margin, on in ((0.001, True), (-0.001, False)):
        cars = locate_cars(SQUARE, [(2, -0.5 - below + margin, turn)])
        assert cars.wheels_on_road.tolist() == [[True, on, True, True]]
        assert cars.all_wheels_on_track.tolist() == [on]
        assert cars.off_track.tolist() == [False]


def test_a_wheel_exactly_on_the_border_is_off() -> None:
    pose = (2, -0.5 + VEHICLE.rear_track / 2, 0)
    assert locate_cars(SQUARE, [pose]).wheels_on_road.tolist() == [[True, True, True, False]]


def test_the_infield_is_off_the_track() -> None:
    assert locate_cars(SQUARE, [(2, 2, 0)]).off_track.tolist() == [True]
