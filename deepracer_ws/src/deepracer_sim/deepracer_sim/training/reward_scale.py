"""Brings the rewards of any reward function to a size that one set of hyperparameters fits.

A function may give 0.001 or 100,000 a step. Rewards are divided by the standard deviation of the
discounted sums that the cars collected so far (Engstrom et al. 2020, "reward scaling"), so that
values are of the order of 1. Their sign and the order of policies stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 1e-8
_KEPT = ("count", "mean", "variance")


class RewardScale:
    """Running statistics of the discounted sums of rewards; Chan's parallel update.

    Attributes:
        count: number of sums seen.
        mean: of them.
        variance: of them.
    """

    def __init__(self, discount: float) -> None:
        """Begin without knowledge: the factor is 1 until rewards were seen."""
        self._discount = discount
        self._sums = np.zeros(0)
        self.count, self.mean, self.variance = 0, 0.0, 1.0

    def to_record(self) -> dict[str, float]:
        """What a checkpoint keeps of it."""
        return {name: getattr(self, name) for name in _KEPT}

    def restore(self, record: Mapping[str, float]) -> None:
        """Inverse of `to_record`.

        Raises:
            KeyError: a value is missing.
        """
        for name in _KEPT:
            setattr(self, name, record[name])

    @property
    def factor(self) -> float:
        """What rewards are multiplied by."""
        return 1.0 / max(np.sqrt(self.variance), _SMALLEST)

    def observe(self, rewards: NDArray[np.floating], ended: NDArray[np.bool_]) -> None:
        """Take note of T steps of N cars.

        Args:
            rewards: (T, N).
            ended: (T, N) whether an episode ended with the step.
        """
        if len(self._sums) != rewards.shape[1]:
            self._sums = np.zeros(rewards.shape[1])
        sums = np.empty(rewards.shape)
        for step, reward in enumerate(rewards):
            self._sums = self._discount * self._sums + reward
            sums[step] = self._sums
            self._sums[ended[step]] = 0.0
        self._merge(sums)

    def _merge(self, sums: NDArray[np.float64]) -> None:
        total = self.count + sums.size
        shift = float(sums.mean()) - self.mean
        squares = (
            self.variance * self.count
            + float(sums.var()) * sums.size
            + shift**2 * self.count * sums.size / total
        )
        self.mean += shift * sums.size / total
        self.variance = squares / total
        self.count = total
