"""Advantages are those of the paper, and stop where an episode does."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_sim.training.advantages import generalised_advantages, value_after
from hypothesis import given
from hypothesis import strategies as st

NO = np.zeros((3, 1), bool)


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(-1, 1)


def test_worked_example():
    """By hand: errors 1 + 0.5 * 2 - 1 = 1, 0 + 0.5 * 4 - 2 = 0, 2 + 0.5 * 6 - 4 = 1; factor 1/4."""
    following = value_after(column(1, 2, 4), np.float32([6]), column(0, 0, 0), NO)
    assert following.ravel().tolist() == [2, 4, 6]
    advantages = generalised_advantages(
        column(1, 0, 2), column(1, 2, 4), following, NO, discount=0.5, decay=0.5
    )
    assert advantages.ravel().tolist() == [1 + 0.25 * (0 + 0.25 * 1), 0.25, 1]


def test_nothing_follows_a_termination():
    ended = np.array([[False], [True], [False]])
    following = value_after(column(1, 2, 4), np.float32([6]), column(0, 0, 0), ended)
    assert following.ravel().tolist() == [2, 0, 6]
    advantages = generalised_advantages(
        column(1, 1, 1), column(1, 2, 4), following, ended, 1.0, 1.0
    )
    # the second step ends its episode, so the third leaves no trace in the first two
    assert advantages.ravel().tolist() == [(1 + 2 - 1) + (1 - 2), 1 - 2, 1 + 6 - 4]


def test_a_limit_cuts_off_what_would_have_followed():
    ended = np.array([[False], [True], [False]])
    following = value_after(column(1, 2, 4), np.float32([6]), column(0, 5, 0), ended)
    assert following.ravel().tolist() == [2, 5, 6]
    advantages = generalised_advantages(
        column(1, 1, 1), column(1, 2, 4), following, ended, 1.0, 1.0
    )
    assert advantages.ravel().tolist() == [(1 + 2 - 1) + (1 + 5 - 2), 1 + 5 - 2, 1 + 6 - 4]


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_advantages_are_the_sum_of_the_definition(seed, discount, decay):
    random = np.random.default_rng(seed)
    rewards, values, following = random.normal(size=(3, 6, 2)).astype(np.float32)
    ended = random.random((6, 2)) < 0.3
    advantages = generalised_advantages(rewards, values, following, ended, discount, decay)
    for car in range(2):
        for step in range(6):
            expected, weight = 0.0, 1.0
            for later in range(step, 6):
                error = rewards[later, car] + discount * following[later, car] - values[later, car]
                expected += weight * error
                weight *= discount * decay
                if ended[later, car]:
                    break
            assert advantages[step, car] == pytest.approx(expected, abs=1e-4)
