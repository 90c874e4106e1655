"""How actions are chosen while learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from deepracer_sim.training.exploration import Exploration
from deepracer_sim.training.hyperparameters import Hyperparameters
from torch.distributions import Categorical

LIKELIEST, CARS = 2, 20_000
POLICY = Categorical(logits=torch.tensor([0.0, 1.0, 1.5]).expand(CARS, 3))


def shares(steps: int, **hyperparameters: object) -> np.ndarray:
    """How often each action is chosen after so many steps."""
    settings = Hyperparameters(**hyperparameters)
    exploration = Exploration(settings, torch.Generator().manual_seed(0), steps)
    actions = exploration.choose(POLICY)
    assert exploration.steps == steps + CARS
    return torch.bincount(actions, minlength=3).numpy() / CARS


def test_categorical_draws_from_the_policy():
    np.testing.assert_allclose(shares(0), POLICY.probs[0], atol=0.02)


@pytest.mark.parametrize(
    ("steps", "epsilon"), [(0, 1.0), (5_000, 0.525), (10_000, 0.05), (10**6, 0.05)]
)
def test_e_greedy_falls_to_a_share_of_random_actions(steps, epsilon):
    expected = np.full(3, epsilon / 3)
    expected[LIKELIEST] += 1 - epsilon
    np.testing.assert_allclose(shares(steps, exploration_type="e-greedy"), expected, atol=0.02)
