"""Generalised advantage estimation (Schulman et al. 2016, equations 11 to 16)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


def generalised_advantages(
    rewards: Floats,
    values: Floats,
    next_values: Floats,
    ended: Bools,
    discount: float,
    decay: float,
) -> Floats:
    """How much better each action was than expected; T steps of N cars.

    Args:
        rewards: (T, N) of each step.
        values: (T, N) estimated before each step.
        next_values: (T, N) estimate of what follows each step in its own episode (`value_after`).
        ended: (T, N) whether an episode ends with this step: what comes next in the array belongs
            to another one.
        discount: gamma, how much a reward counts one step later.
        decay: lambda, from one-step (0) to Monte Carlo estimates (1).

    Returns:
        (T, N) advantages; added to `values` they are the returns that the values shall learn.
    """
    errors = rewards + discount * next_values - values
    carried = discount * decay * ~ended
    advantages = np.empty_like(errors)
    advantage = np.zeros_like(errors[0])
    for step in reversed(range(len(errors))):
        advantage = errors[step] + carried[step] * advantage
        advantages[step] = advantage
    return advantages


def value_after(values: Floats, last_values: Floats, final_values: Floats, ended: Bools) -> Floats:
    """The estimate of what follows each step in its own episode.

    Args:
        values: (T, N) before each step.
        last_values: (N,) after the last step.
        final_values: (T, N) what could have followed the last step of an episode: 0 where the car
            ended it itself, the value of the picture after it where a limit cut it off.
        ended: (T, N) whether an episode ends with this step.

    Returns:
        (T, N) values for `generalised_advantages`.
    """
    following = np.concatenate((values[1:], last_values[None]))
    return np.where(ended, final_values, following)
