"""Cars that are spread over several tracks drive as they would with each track alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deepracer_core.start_position import TrainingStart
from deepracer_sim.rewards import trusted
from deepracer_sim.track_spread import track_rows
from deepracer_sim.vector_env import DeepRacerVectorEnv
from env_samples import DEFINITION, progress_reward, small_env, wandering_actions

CARS, STEPS = 5, 12
BACKWARDS = replace(DEFINITION, name="backwards", centre_line=DEFINITION.centre_line[::-1])


@pytest.fixture
def configs():
    """The track, and the same points in the other order with another start."""
    first = small_env(make_rewards=trusted(progress_reward))
    return first, replace(first, definition=BACKWARDS, start=TrainingStart(offset=0.5))


def drive(config, cars, actions, workers=0, seed=0, episode=0):
    """Poses, rewards and pictures of all cars in each step."""
    env = DeepRacerVectorEnv(config, cars, workers=workers)
    try:
        images, _ = env.reset(seed=seed, options={"episode": episode})
        told = []
        for action in actions:
            images, reward, *_ = env.step(action)
            told.append((env.states.poses.copy(), reward, images))
        return [np.array(column) for column in zip(*told)]
    finally:
        env.close()


def test_every_track_has_its_share():
    assert track_rows(1, 4) == [slice(0, 4)]
    assert track_rows(2, 5) == [slice(0, 2), slice(2, 5)]
    assert track_rows(3, 3) == [slice(0, 1), slice(1, 2), slice(2, 3)]


@pytest.mark.parametrize("workers", [0, 2])
def test_each_car_drives_on_its_track(configs, workers):
    first, second = configs
    actions = wandering_actions(STEPS, CARS)
    both = drive(replace(first, more=(second,)), CARS, actions, workers)
    alone = drive(first, 2, actions[:, :2])
    for together, single in zip(both, alone):
        np.testing.assert_array_equal(together[:, :2], single)
    others = drive(second, 3, actions[:, 2:], seed=2, episode=2)
    for together, single in zip(both, others):
        np.testing.assert_array_equal(together[:, 2:], single)
