"""Pictures for people: from behind the car and from above, with the car and its objects in them."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.objects import BOX, ObjectStates
from deepracer_sim.engine import CarStates, planar_orientation
from deepracer_sim.mujoco_engine.views import Spectator
from mujoco_samples import CAR, TRACK

WIDTH, HEIGHT = 320, 240


@pytest.fixture(scope="module")
def spectator():
    spectator = Spectator(TRACK, CAR, WIDTH, HEIGHT)
    yield spectator
    spectator.close()


def standing_at(*poses, steering=0.0):
    poses = np.array(poses, float)
    cars = len(poses)
    joints = np.zeros((cars, 6))
    joints[:, :2] = steering
    return CarStates(
        position=np.column_stack((poses[:, :2], np.zeros(cars))),
        orientation=planar_orientation(poses[:, 2]),
        velocity=np.zeros((cars, 2)),
        yaw_rate=np.zeros(cars),
        joints=joints,
    )


def changed(one, other):
    return np.abs(one.astype(int) - other).max(axis=-1) > 15


def car_in(picture):
    """Which pixels around the middle of the car are its own: all around is green field."""
    around = picture[HEIGHT * 5 // 8 : HEIGHT * 7 // 8, WIDTH * 3 // 8 : WIDTH * 5 // 8]
    return ~np.all(np.abs(around - np.array(TRACK.colours.field)) < 3, axis=-1)


def test_the_chase_camera_shows_the_car_in_the_middle(spectator):
    picture = spectator.chase(standing_at((4.0, 2.5, 0.3)))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    dark = np.all(picture < 60, axis=-1)  # on the green field only the car is dark
    rows, columns = np.nonzero(dark & (np.arange(HEIGHT) > HEIGHT // 3)[:, None])
    assert columns.mean() == pytest.approx(WIDTH / 2, abs=10)
    assert HEIGHT / 3 < rows.mean() < HEIGHT * 0.8


def test_the_chase_camera_follows(spectator):
    # The car keeps its place in the picture while the track moves past it.
    one = spectator.chase(standing_at((2.6, 2.4, -np.pi / 2)))
    other = spectator.chase(standing_at((2.7, 2.5, -np.pi / 2)))
    assert 0.05 < car_in(one).mean() < 0.9
    np.testing.assert_array_equal(car_in(one), car_in(other))
    assert changed(one, other).mean() > 0.02


def test_front_wheels_are_seen_to_steer(spectator):
    straight = spectator.chase(standing_at((4.0, 2.5, 0.3)))
    steered = spectator.chase(standing_at((4.0, 2.5, 0.3), steering=0.5))
    difference = changed(straight, steered)
    assert 5 < difference.sum() < 0.02 * WIDTH * HEIGHT


def test_the_top_view_shows_cars_where_they_are(spectator):
    field = TRACK.field
    scale = WIDTH / (field.x_max - field.x_min)  # the field is wider than the picture
    empty_place, place = (1.0, 5.5), (6.5, 2.5)
    one = spectator.top(standing_at((*empty_place, 0.0)))
    other = spectator.top(standing_at((*place, 0.0)))
    rows, columns = np.nonzero(changed(one, other))
    for x, y in (empty_place, place):
        column = (x - field.x_min) * scale
        row = HEIGHT / 2 - (y - (field.y_min + field.y_max) / 2) * scale
        distance = np.hypot(columns - column, rows - row)
        assert distance.min() < 4
    assert np.all(changed(one, other).mean(axis=(0, 1)) < 0.02)


def test_the_top_view_is_not_mirrored(spectator):
    picture = spectator.top(standing_at((4.0, 2.5, 0.0)))
    field = TRACK.field
    scale = WIDTH / (field.x_max - field.x_min)
    middle = (field.y_min + field.y_max) / 2
    for x, y in TRACK.offset(0.19)[::10]:  # between the dashes and the white line: road
        column, row = int((x - field.x_min) * scale), int(HEIGHT / 2 - (y - middle) * scale)
        np.testing.assert_allclose(picture[row, column], TRACK.colours.road, atol=30)


def test_objects_are_shown_in_the_world_of_the_chosen_car(spectator):
    states = standing_at((4.0, 2.5, 0.3), (4.0, 2.5, 0.3))
    objects = ObjectStates(
        (BOX,), np.array([[(4.8, 2.75, 0.3)], [(0.0, 0.0, 0.0)]]), np.zeros((2, 1))
    )
    with_box = spectator.chase(states, 0, objects)
    without = spectator.chase(states, 1, objects)
    assert changed(with_box, without).mean() > 0.01
    np.testing.assert_array_equal(spectator.chase(states, 1), without)
