"""What N cars saw, did and got in the steps since the last training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from deepracer_sim.training.advantages import generalised_advantages, value_after

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Samples:
    """B steps, whatever car and episode they belong to.

    Attributes:
        images: (B, channels, rows, columns) uint8.
        actions: (B,) indexes, or (B, 2) in the normalised range, as they were drawn.
        log_probabilities: (B,) of these actions when they were drawn.
        values: (B,) estimated then.
        advantages: (B,).
        returns: (B,) what the values should have been.
    """

    images: torch.Tensor
    actions: torch.Tensor
    log_probabilities: torch.Tensor
    values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor

    def __len__(self) -> int:
        return len(self.returns)

    def take(self, rows: torch.Tensor) -> Samples:
        """The samples of these rows."""
        columns, rows = vars(self).items(), rows.to(self.returns.device)
        # eight times as fast as column[rows] for images
        return Samples(**{name: column.index_select(0, rows) for name, column in columns})

    def to(self, device: torch.device) -> Samples:
        """The samples on another device."""
        return Samples(**{name: column.to(device) for name, column in vars(self).items()})

    def minibatches(self, size: int, generator: torch.Generator) -> Iterator[Samples]:
        """All samples once, in random order, in full batches of `size`; a rest is left out.

        Fewer samples than `size` are one batch.
        """
        order = torch.randperm(len(self), generator=generator)
        count = max(1, len(self) // size)
        for rows in order[: count * size].tensor_split(count):
            yield self.take(rows)


class RolloutBuffer:
    """Room for some steps of N cars; `append` fills it, `samples` is what is learnt from.

    Attributes:
        steps: number of steps T in it now.
        capacity: largest number of steps.
    """

    def __init__(
        self, capacity: int, image_shape: tuple[int, ...], actions: NDArray[np.generic]
    ) -> None:
        """Allocate.

        Args:
            capacity: largest number of steps T.
            image_shape: (channels, rows, columns).
            actions: (N,) or (N, 2), any actions of N cars: tells their number, shape and type.
        """
        cars = len(actions)
        self.capacity, self.steps = capacity, 0
        self._images = np.zeros((capacity, cars, *image_shape), np.uint8)
        self._actions = np.zeros((capacity, *actions.shape), actions.dtype)
        self._log_probabilities, self._values, self._rewards, self._final_values = (
            np.zeros((capacity, cars), np.float32) for _ in range(4)
        )
        self._ended = np.zeros((capacity, cars), np.bool_)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another step."""
        return self.steps == self.capacity

    @property
    def rewards(self) -> Floats:
        """(T, N) as they were given."""
        return self._rewards[: self.steps]

    @property
    def images(self) -> NDArray[np.uint8]:
        """(T, N, channels, rows, columns) before each step."""
        return self._images[: self.steps]

    @property
    def actions(self) -> NDArray[np.generic]:
        """(T, N) or (T, N, 2) as they were drawn."""
        return self._actions[: self.steps]

    @property
    def log_probabilities(self) -> Floats:
        """(T, N) of the actions when they were drawn."""
        return self._log_probabilities[: self.steps]

    @property
    def values(self) -> Floats:
        """(T, N) estimated before each step."""
        return self._values[: self.steps]

    @property
    def final_values(self) -> Floats:
        """(T, N) as `value_after` has them."""
        return self._final_values[: self.steps]

    @property
    def ended(self) -> NDArray[np.bool_]:
        """(T, N) whether an episode ended with the step."""
        return self._ended[: self.steps]

    def append(
        self,
        images: NDArray[np.uint8],
        actions: NDArray[np.generic],
        log_probabilities: Floats,
        values: Floats,
        rewards: NDArray[np.floating],
        ended: NDArray[np.bool_],
        final_values: Floats,
    ) -> None:
        """Add one step of all cars; the columns are those of `Samples` and of `value_after`."""
        step = self.steps
        self._images[step] = images
        self._actions[step] = actions
        self._log_probabilities[step] = log_probabilities
        self._values[step] = values
        self._rewards[step] = rewards
        self._ended[step] = ended
        self._final_values[step] = final_values
        self.steps += 1

    def clear(self) -> None:
        """Forget all steps."""
        self.steps = 0

    def samples(
        self, last_values: Floats, discount: float, decay: float, reward_scale: float = 1.0
    ) -> Samples:
        """All steps with their advantages.

        Args:
            last_values: (N,) estimated after the last step.
            discount: gamma.
            decay: lambda.
            reward_scale: factor on the rewards.

        Returns:
            Samples in memory of the buffer: use them before `clear`.
        """
        used = slice(self.steps)
        values, ended = self._values[used], self.ended
        following = value_after(values, last_values, self._final_values[used], ended)
        rewards = self.rewards * np.float32(reward_scale)
        advantages = generalised_advantages(rewards, values, following, ended, discount, decay)
        return Samples(
            images=_flat(self._images[used]),
            actions=_flat(self._actions[used]),
            log_probabilities=_flat(self._log_probabilities[used]),
            values=_flat(values),
            advantages=_flat(advantages),
            returns=_flat(advantages + values),
        )


def _flat(column: NDArray[np.generic]) -> torch.Tensor:
    """(T, N, ...) as (T * N, ...), without a copy."""
    return torch.from_numpy(column.reshape(-1, *column.shape[2:]))
