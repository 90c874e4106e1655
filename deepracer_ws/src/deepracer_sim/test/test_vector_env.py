"""The vector environment: spaces, autoreset, seeds, numbers of episodes, errors."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.action_space import ContinuousActionSpace
from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.errors import ActionSpaceError, ConfigError, RewardRaisedError
from deepracer_core.reward.source import RewardFunction
from deepracer_core.start_position import TrainingStart
from deepracer_sim.rewards import sandboxed, trusted
from deepracer_sim.vector_env import DeepRacerVectorEnv, commands_of
from env_samples import TRACK, progress_reward, small_env

STRAIGHT_ON = 5  # of the default action space: 0 degrees, 0.8 m/s
HARD_RIGHT = 1  # -30 degrees, 0.8 m/s


@pytest.fixture
def make_env():
    """Makes environments that are closed after the test."""
    envs = []

    def make(cars=2, **options):
        envs.append(DeepRacerVectorEnv(small_env(**options), cars))
        return envs[-1]

    yield make
    for env in envs:
        env.close()


def test_spaces_hold_what_it_gives(make_env):
    env = make_env()
    images, _ = env.reset(seed=0)
    assert images in env.observation_space
    assert images.shape == (2, 24, 32, 1)
    for _ in range(3):
        images, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        assert images in env.observation_space
        assert reward.dtype == np.float64
        assert terminated.dtype == truncated.dtype == bool


def test_commands_are_clipped_to_the_car_as_float32():
    fast = ContinuousActionSpace(-0.7, 0.7, 0.0, 9.0)
    commands = commands_of(fast, np.array([(-1.0, 1.0), (0.0, 0.0)]))
    assert commands.dtype == np.float32
    assert commands == pytest.approx(np.array([(-np.radians(30), 4.0), (0.0, 4.0)]))


def test_an_action_that_does_not_exist_is_refused(make_env):
    env = make_env()
    env.reset(seed=0)
    with pytest.raises(ActionSpaceError):
        env.step(np.array([0, 10]))


def test_the_next_episode_begins_in_the_same_step(make_env):
    env = make_env(make_rewards=trusted(progress_reward), start=TrainingStart(change=False))
    first, _ = env.reset(seed=0)
    total, steps, terminated = np.zeros(2), 0, [False]
    while not terminated[0]:
        images, reward, terminated, truncated, infos = env.step(np.array([HARD_RIGHT, STRAIGHT_ON]))
        total += reward
        steps += 1
    assert infos["status"][0] == EpisodeStatus.OFF_TRACK
    assert not truncated.any()
    assert (images[0] == first[0]).all()
    assert (infos["final_obs"][0] != first[0]).any()
    assert infos["final_obs"][1] is None
    assert infos["_final_obs"].tolist() == [True, False]
    assert infos["final_info"]["episode"]["l"].tolist() == [steps, 0]
    assert infos["final_info"]["episode"]["r"][0] == pytest.approx(total[0])
    infos = env.step(np.array([STRAIGHT_ON, STRAIGHT_ON]))[4]
    assert infos["steps"].tolist() == [1, steps + 1]
    assert "final_obs" not in infos


@pytest.mark.parametrize(
    ("rules", "steps"), [(EpisodeRules(max_steps=3), 3), (EpisodeRules(time_limit=0.1), 3)]
)
def test_limits_truncate_and_what_followed_is_told(make_env, rules, steps):
    limited, free = make_env(rules=rules), make_env()
    limited.reset(seed=0)
    free.reset(seed=0)
    action = np.full(2, STRAIGHT_ON)
    for _ in range(steps):
        _, _, terminated, truncated, infos = limited.step(action)
        images, *_ = free.step(action)
    assert truncated.all()
    assert not terminated.any()
    assert (np.stack(infos["final_obs"]) == images).all()


def test_episodes_are_numbered_over_all_cars(make_env):
    env = make_env(cars=3, rules=EpisodeRules(max_steps=2))
    env.reset(seed=0, options={"episode": 10})
    assert env.episodes.tolist() == [10, 11, 12]
    env.step(np.full(3, STRAIGHT_ON))
    at = TRACK.project(env.states.position[:, :2]).fraction
    assert at == pytest.approx([0.5, 0.55, 0.6], abs=1e-6)
    env.step(np.full(3, STRAIGHT_ON))
    assert env.episodes.tolist() == [13, 14, 15]
    env.reset()
    assert env.episodes.tolist() == [16, 17, 18]
    env.reset(seed=0)
    assert env.episodes.tolist() == [0, 1, 2]


def test_one_seed_for_each_car(make_env):
    env = make_env(level="mild", start=TrainingStart(change=False))
    images, _ = env.reset(seed=[7, 7], options={"episode": 4})
    other, _ = env.reset(seed=[6, 7], options={"episode": 4})
    assert (images[1] == other[1]).all()
    assert (images[0] != other[0]).any()
    with pytest.raises(ConfigError, match="3 seeds for 2 cars"):
        env.reset(seed=[1, 2, 3])
    with pytest.raises(ConfigError, match="from 0 to 2"):
        env.reset(seed=[1, 2**64])


def test_without_a_seed_one_is_drawn(make_env):
    images = [make_env(level="mild").reset()[0] for _ in range(2)]
    assert (images[0] != images[1]).any()


def test_observations_are_copies_unless_they_need_not_be():
    for copy in (True, False):
        env = DeepRacerVectorEnv(small_env(), 1, copy=copy)
        images, _ = env.reset(seed=0)
        env.step(np.array([STRAIGHT_ON]))
        later, *_ = env.step(np.array([STRAIGHT_ON]))
        assert np.shares_memory(images, later) != copy
        env.close()


def test_a_failing_reward_function_is_raised_and_reset_goes_on(make_env):
    source = "def reward_function(params):\n    return 1.0 / (3 - params['steps'])"
    env = make_env(make_rewards=sandboxed(RewardFunction(source), TRACK.world_bounds))
    env.reset(seed=0)
    action = np.full(2, STRAIGHT_ON)
    for _ in range(2):
        env.step(action)
    with pytest.raises(RewardRaisedError):
        env.step(action)
    env.reset(seed=0)
    assert env.step(action)[1].tolist() == [0.5, 0.5]
