"""What a training drives in follows from its settings: tracks, directions, objects, evaluations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deepracer_core.errors import ConfigError
from deepracer_core.start_position import TrainingStart
from deepracer_core.track.track import Track
from deepracer_sim.env_options import read_reward
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.race_types import race_objects, write_objects
from deepracer_sim.training.directions import training_start
from deepracer_sim.training.environments import evaluation_environment, training_environment
from env_samples import DEFINITION, TRACK
from training_samples import small_config

BACKWARDS = Track.from_definition(
    replace(DEFINITION, name="backwards", centre_line=DEFINITION.centre_line[::-1])
)


def environment(**settings: object):
    config = small_config(**settings)
    return training_environment(config, read_reward(config.reward))


@pytest.mark.parametrize(
    ("direction", "reverse", "backwards"),
    [
        ("as_defined", [False, False], [False, False]),
        ("counterclockwise", [False, False], [True, True]),
        ("clockwise", [True, True], [False, False]),
        ("alternate", [False, True], [False, True]),
    ],
)
def test_the_direction_is_that_of_the_clock(direction, reverse, backwards):
    assert TRACK.is_counterclockwise
    assert not BACKWARDS.is_counterclockwise
    for track, expected in ((TRACK, reverse), (BACKWARDS, backwards)):
        start = training_start(direction, track)
        assert [start.is_reversed(episode) for episode in range(2)] == expected


def test_an_unknown_direction_is_refused():
    with pytest.raises(ConfigError, match="use one of as_defined"):
        training_start("left", TRACK)


def test_each_track_has_its_environment():
    world = environment(track="reinvent_2018, reinvent_2018", direction="clockwise")
    assert [track.definition.name for track in world.tracks] == ["reinvent_2018"] * 2
    assert {track.start for track in world.tracks} == {TrainingStart(reverse=True)}


def test_evaluations_are_driven_on_each_track_in_each_direction():
    world = environment(track="reinvent_2018,reinvent_2018", direction="alternate")
    trials = evaluation_environment(world, "planar", laps=3, advance=1 / 8)
    assert len(trials.tracks) == 2
    for track in trials.tracks:
        assert track.make_rewards is None
        assert (track.rules.laps, track.simulation.level) == (3, "mild")
        assert track.start.fraction(2) == 0.25
        assert [track.start.is_reversed(trial) for trial in range(2)] == [False, True]


def test_races_have_their_objects_in_training_and_evaluation():
    settings = {"race_type": "head_to_bot", "engine": "mujoco"}
    world = environment(**settings, objects={"count": 1, "speed": 1})
    assert world.simulation.objects == ObjectPlan("bot_car", 1, randomize=True, speed=1)
    trials = evaluation_environment(world, "mujoco", laps=1, advance=0.0)
    assert trials.simulation.objects == world.simulation.objects


def test_objects_survive_their_file():
    plan = race_objects("object_avoidance", {"count": 2, "positions": ["0.2,1", "0.6,-1"]})
    assert plan is not None
    assert race_objects("object_avoidance", write_objects(plan)) == plan
    uncounted = race_objects("object_avoidance", {"positions": ["0.2,1", "0.6,-1"]})
    in_any_order = {"positions": ["0.2,1", "0.6,-1"], "count": 2}
    assert uncounted == race_objects("object_avoidance", in_any_order) == plan
    assert type(race_objects("head_to_bot", {"speed": 1}).speed) is float
    assert write_objects(race_objects("time_trial", {})) == {}
