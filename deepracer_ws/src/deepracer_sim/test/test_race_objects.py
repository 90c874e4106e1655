"""Obstacles and bot cars of a race follow from plan, seed, direction and time alone."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.errors import ConfigError
from deepracer_sim.race_objects import ObjectPlan, RaceObjects
from deepracer_sim.start import Start, both_directions
from env_samples import TRACK

TRACKS = both_directions(TRACK)
ALL = np.arange(3)


def objects_of(plan, *starts):
    race = RaceObjects(plan, TRACKS, len(starts))
    race.reset(np.arange(len(starts)), starts)
    return race


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "tree"},
        {"count": 0},
        {"count": 2, "positions": ("0.5,1",)},
        {"kind": "bot_car", "speed": 0.0},
    ],
)
def test_impossible_plans_are_refused(fields):
    with pytest.raises(ConfigError):
        ObjectPlan(**fields)


def test_too_many_objects_are_refused_at_once():
    with pytest.raises(ConfigError, match="fit"):
        RaceObjects(ObjectPlan(count=100), TRACKS, 1)


def test_given_positions():
    race = objects_of(ObjectPlan(count=1, positions=("0.25,1",)), Start(), Start(reverse=True))
    poses = race.at(np.zeros(2)).poses
    for direction in (0, 1):
        placed = TRACKS[direction].project(poses[direction, :, :2])
        assert placed.fraction == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("kind", ["box", "parked_car"])
def test_what_stands_is_the_same_until_the_next_reset(kind):
    race = objects_of(ObjectPlan(kind, count=2, randomize=True), Start(seed=1), Start(seed=2))
    before = race.at(np.zeros(2))
    assert race.at(np.array([1.0, 7.0])) is before
    race.reset(np.array([1]), [Start(seed=3)])
    after = race.at(np.zeros(2))
    assert (after.poses[0] == before.poses[0]).all()
    assert (after.poses[1] != before.poses[1]).any()


@pytest.mark.parametrize("kind", ["box", "bot_car"])
def test_equal_seeds_meet_equal_objects(kind):
    plan = ObjectPlan(kind, count=3, randomize=True, lane_changes=True)
    starts = [Start(seed=5), Start(seed=6), Start(seed=5, fraction=0.5)]
    poses = objects_of(plan, *starts).at(np.full(3, 20.0)).poses
    assert (poses[0] == poses[2]).all()
    assert (poses[0] != poses[1]).any()
    alone = objects_of(plan, starts[1]).at(np.full(1, 20.0)).poses
    assert (alone[0] == poses[1]).all()


def test_bot_cars_drive_since_the_start_of_their_episode():
    race = objects_of(ObjectPlan("bot_car", count=1, speed=0.5), Start(), Start())
    poses = race.at(np.array([0.0, 2.0])).poses
    way = TRACK.project(poses[:, 0, :2]).arclength
    assert way[1] - way[0] == pytest.approx(1.0, abs=0.05)
