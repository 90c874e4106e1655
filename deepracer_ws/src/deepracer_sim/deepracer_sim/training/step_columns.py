"""Steps of many cars in one column, so that those of several sources can stand below each other.

A rollout buffer has a column for each car, all equally long. What several graphs or machines bring
is not: there the steps of one car stand below those of another, and where they meet, the column is
cut as an episode is at a limit: what could have followed is the value of the picture that did.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from deepracer_core.policy_spec import PolicySpec
from numpy.typing import NDArray

from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.vector_env import gymnasium_space

Floats = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class StepColumns:
    """K steps; the columns are those of `RolloutBuffer.append`.

    Attributes:
        images: (K, channels, rows, columns) uint8.
        actions: (K,) indexes, or (K, 2) in the normalised range.
        log_probabilities: (K,).
        values: (K,).
        rewards: (K,).
        ended: (K,).
        final_values: (K,).
    """

    images: NDArray[np.uint8]
    actions: NDArray[np.generic]
    log_probabilities: Floats
    values: Floats
    rewards: NDArray[np.floating]
    ended: NDArray[np.bool_]
    final_values: Floats

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def of(cls, buffer: RolloutBuffer, last_values: Floats) -> StepColumns:
        """The steps of a rollout, car after car, as copies.

        Args:
            buffer: at least one step.
            last_values: (N,) estimated after the last step.
        """
        ended, final_values = buffer.ended.copy(), buffer.final_values.copy()
        final_values[-1] = np.where(ended[-1], final_values[-1], last_values)
        ended[-1] = True
        return cls(
            _by_car(buffer.images),
            _by_car(buffer.actions),
            _by_car(buffer.log_probabilities),
            _by_car(buffer.values),
            _by_car(buffer.rewards),
            _by_car(ended),
            _by_car(final_values),
        )

    def write(self, buffer: RolloutBuffer) -> None:
        """Append them to a buffer of one car that has room for them."""
        for rows in zip(*(getattr(self, field.name) for field in fields(self))):
            buffer.append(*(row[None] for row in rows))


def one_column(spec: PolicySpec, capacity: int) -> RolloutBuffer:
    """An empty buffer of one column."""
    action = gymnasium_space(spec.metadata.action_space).sample()
    return RolloutBuffer(capacity, spec.preprocessing.input_shape[1:], np.array([action]))


def _by_car(column: NDArray[Scalar]) -> NDArray[Scalar]:
    """(T, N, ...) as (N * T, ...)."""
    by_car = np.ascontiguousarray(column.swapaxes(0, 1))
    return by_car.reshape(-1, *by_car.shape[2:])
