"""DeepRacer-v0 keeps the contract of gymnasium."""

from __future__ import annotations

import warnings

import deepracer_sim.gym_env
import gymnasium
import numpy as np
import pytest
from deepracer_core.errors import ConfigError, RewardSourceError, SimulationError, TrackError
from deepracer_core.new_action_space import grid
from deepracer_sim.env_options import make_config
from deepracer_sim.gym_env import ENVIRONMENT
from deepracer_sim.race_objects import ObjectPlan
from env_samples import DEFINITION, progress_reward
from gymnasium.utils.env_checker import check_env

SMALL = {"track": DEFINITION, "width": 32, "height": 24, "reward": progress_reward}


def make(**options):
    return gymnasium.make(ENVIRONMENT, **{**SMALL, **options})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"action_space": "continuous", "colour": "rgb", "level": "mild"},
        {"reward": "guide_basic", "crop_top": 4},
        {"engine": "mujoco", "objects": ObjectPlan(count=2)},
    ],
)
def test_the_checker_of_gymnasium_finds_nothing(options):
    env = make(render_mode="rgb_array", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
    env.close()


def test_the_specification_names_every_option():
    options = make_config.__kwdefaults__.keys() | {"render_mode"}
    table = deepracer_sim.gym_env.DeepRacerEnv.__doc__.partition("## Options of `gymnasium")[2]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.count("|") == 4]
    assert {row for row in rows if row and "-" not in row} - {"Option"} == options


def test_episodes_follow_each_other():
    env = make(rules=None)
    first, _ = env.reset(seed=0)
    ended = False
    while not ended:
        image, _, terminated, truncated, info = env.step(1)
        ended = terminated or truncated
    assert info["status"] == "off_track"
    second, _ = env.reset()
    assert (second != first).any(), "each episode starts somewhere else"
    assert (second != image).any()
    assert env.unwrapped._car.episodes.tolist() == [1]
    env.step(5)
    env.reset()
    assert env.unwrapped._car.episodes.tolist() == [2]
    assert (env.reset(seed=0)[0] == first).all()
    env.close()


def test_one_car_drives_like_the_first_of_many():
    one = make()
    many = gymnasium.make_vec(ENVIRONMENT, num_envs=3, **SMALL)
    assert (one.reset(seed=9)[0] == many.reset(seed=9)[0][0]).all()
    for _ in range(10):
        image, reward, *_ = one.step(7)
        images, rewards, *_ = many.step(np.full(3, 7))
        assert (image == images[0]).all()
        assert reward == rewards[0]
    one.close()
    many.close()


def test_gymnasium_can_run_it_in_its_own_vectors_too():
    envs = gymnasium.make_vec(ENVIRONMENT, num_envs=2, vectorization_mode="sync", **SMALL)
    images, _ = envs.reset(seed=0)
    assert images.shape == (2, 24, 32, 1)
    envs.close()


def test_render_shows_what_the_policy_sees():
    env = make(render_mode="rgb_array")
    image, _ = env.reset(seed=0)
    assert (env.render() == np.repeat(image, 3, axis=2)).all()
    env.close()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"track": "nowhere"}, TrackError),
        ({"engine": "gazebo"}, SimulationError),
        ({"profile": "truck"}, SimulationError),
        ({"level": "wild"}, SimulationError),
        ({"colour": "sepia"}, ConfigError),
        ({"width": 2}, ConfigError),
        ({"action_space": "both"}, ConfigError),
        ({"reward": "nothing"}, ConfigError),
        ({"reward": "nothing.py"}, RewardSourceError),
        ({"objects": ObjectPlan()}, SimulationError),
    ],
)
def test_impossible_options_are_refused(options, error):
    with pytest.raises(error):
        make(**options)


def test_an_action_space_of_ones_own():
    env = make(action_space=grid(steering_granularity=3, speed_granularity=1))
    assert env.action_space == gymnasium.spaces.Discrete(3)
    env.close()
