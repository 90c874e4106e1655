"""The compiled location of cars is that of the core, bit by bit."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from deepracer_core.car_location import BODY_Y, CarLocations, locate_cars
from deepracer_core.track.track import Projection, Track
from deepracer_sim.quick_location import CarLocator
from deepracer_sim.worlds import find_track
from picture_samples import STRAIGHT

ROUND = Track.from_definition(find_track("reinvent_2018"))
OPEN = Track.from_definition(STRAIGHT)
TRACKS = {"round": ROUND, "the other way": ROUND.reversed(), "open": OPEN}


def assert_equal(ours: CarLocations, core: CarLocations) -> None:
    for entry in fields(Projection):
        np.testing.assert_array_equal(
            getattr(ours.projection, entry.name), getattr(core.projection, entry.name), entry.name
        )
    np.testing.assert_array_equal(ours.point, core.point)
    np.testing.assert_array_equal(ours.wheels_on_road, core.wheels_on_road)


def assert_located(track: Track, poses) -> None:
    poses = np.asarray(poses, float)
    locator = CarLocator(track)
    assert_equal(locator.locate(poses), locate_cars(track, poses))
    places = poses[:, :2]
    np.testing.assert_array_equal(locator.fractions(places), track.project(places).fraction)


@pytest.mark.parametrize("name", TRACKS)
def test_poses_anywhere(name):
    low, high = np.reshape(TRACKS[name].world_bounds, (2, 2))
    random = np.random.default_rng(0)
    poses = random.uniform((*(low - 1.0), -4.0), (*(high + 1.0), 4.0), (2000, 3))
    assert_located(TRACKS[name], poses)


@pytest.mark.parametrize("name", TRACKS)
def test_cars_on_waypoints_and_at_the_heights_of_border_points(name):
    track = TRACKS[name]
    corners = np.vstack((track.centre, track.inner, track.outer))
    assert_located(track, np.column_stack((corners, np.zeros(len(corners)))))


def test_wheels_on_a_border_are_off_the_road():
    """The borders of a straight road along x are level: wheels stand exactly on one."""
    heights = OPEN.inner[:1, 1] - BODY_Y[1:]
    poses = [(1.0, height, 0.0) for height in heights]
    assert_located(OPEN, poses)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_no_place_stays_none(broken, column):
    """The rules refuse such a car; here it must not become a place."""
    poses = np.array([[1.0, 2.0, 0.3]] * 2)
    poses[1, column] = broken
    location = CarLocator(ROUND).locate(poses)
    assert np.isfinite(location.projection.fraction).tolist() == [True, False]
    assert not location.wheels_on_road[1].any()
