"""Rewards of any size become values of one size."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_sim.training.reward_scale import RewardScale

DISCOUNT = 0.9


def sums(rewards: np.ndarray, ended: np.ndarray) -> np.ndarray:
    """Discounted sums, one car after the other."""
    result = np.zeros_like(rewards)
    for car in range(rewards.shape[1]):
        total = 0.0
        for step in range(len(rewards)):
            total = DISCOUNT * total + rewards[step, car]
            result[step, car] = total
            if ended[step, car]:
                total = 0.0
    return result


def test_statistics_are_those_of_all_sums():
    random = np.random.default_rng(0)
    rewards, ended = random.normal(3, 1, (60, 4)), random.random((60, 4)) < 0.1
    scale = RewardScale(DISCOUNT)
    assert scale.factor == 1.0
    for first in range(0, 60, 20):
        scale.observe(rewards[first : first + 20], ended[first : first + 20])
    expected = sums(rewards, ended)
    assert scale.count == expected.size
    assert scale.mean == pytest.approx(expected.mean())
    assert scale.variance == pytest.approx(expected.var())


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e5])
def test_size_does_not_matter(size):
    rewards = np.random.default_rng(0).random((50, 4))
    plain, scaled = RewardScale(DISCOUNT), RewardScale(DISCOUNT)
    plain.observe(rewards, np.zeros((50, 4), bool))
    scaled.observe(rewards * size, np.zeros((50, 4), bool))
    assert scaled.factor * size == pytest.approx(plain.factor)


def test_rewards_of_zero_are_no_problem():
    scale = RewardScale(DISCOUNT)
    scale.observe(np.zeros((10, 2)), np.zeros((10, 2), bool))
    assert np.isfinite(scale.factor)
