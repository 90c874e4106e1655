"""What the cars saw, did and got for a long time; SAC learns from samples of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from deepracer_sim.training.rollout_buffer import RolloutBuffer

MAX_IMAGE_BYTES = 1 << 30
"""Memory for pictures, whatever size is asked for [byte]."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Transitions:
    """B steps and what came after each.

    Attributes:
        images: (B, channels, rows, columns) uint8.
        actions: (B, 2) in the normalised range.
        rewards: (B,) as they were given.
        next_images: (B, channels, rows, columns) uint8; arbitrary after a last step.
        goes_on: (B,) 1, or 0 where the car ended the episode with this step.
    """

    images: torch.Tensor
    actions: torch.Tensor
    rewards: torch.Tensor
    next_images: torch.Tensor
    goes_on: torch.Tensor

    def to(self, device: torch.device) -> Transitions:
        """The transitions on another device."""
        return Transitions(**{name: column.to(device) for name, column in vars(self).items()})


class ReplayBuffer:
    """The last steps of N cars, in a ring: each picture is kept once, as the next of another.

    A step that a limit cut off is never drawn: the picture that followed it is not kept, and to
    take it for an end would teach that driving on brings nothing.
    """

    def __init__(
        self, size: int, image_shape: tuple[int, ...], actions: NDArray[np.generic]
    ) -> None:
        """Allocate; the operating system gives the memory as it fills.

        Args:
            size: number of steps of all cars together, less if `MAX_IMAGE_BYTES` bounds it.
            image_shape: (channels, rows, columns).
            actions: (N, 2), any actions of N cars: tells their number.
        """
        self.cars = len(actions)
        most = MAX_IMAGE_BYTES // int(np.prod(image_shape))
        self.capacity = max(2, min(size, most) // self.cars)
        shape = (self.capacity, self.cars)
        self._images = np.zeros((*shape, *image_shape), np.uint8)
        self._actions = np.zeros((*shape, *actions.shape[1:]), np.float32)
        self._rewards = np.zeros(shape, np.float32)
        self._goes_on = np.zeros(shape, np.float32)
        self._usable = np.zeros(shape, np.bool_)
        self._next = 0

    def __len__(self) -> int:
        """Number of steps that can be drawn."""
        return int(self._usable.sum())

    def extend(self, buffer: RolloutBuffer, images: NDArray[np.uint8]) -> None:
        """Add the steps of a rollout, which goes on where the last one ended.

        Args:
            buffer: the steps of all cars.
            images: (N, channels, rows, columns) what they see after the last one.
        """
        for step in range(max(0, buffer.steps - self.capacity + 1), buffer.steps):
            row = self._next
            self._images[row] = buffer.images[step]
            self._actions[row] = np.clip(buffer.actions[step], -1.0, 1.0)  # as the car acted
            self._rewards[row] = buffer.rewards[step]
            ended, final = buffer.ended[step], buffer.final_values[step]
            self._goes_on[row] = ~ended
            self._usable[row] = ~ended | (final == 0.0)
            self._next = (row + 1) % self.capacity
        # the oldest row becomes what follows the newest one, until the next rollout overwrites it
        self._images[self._next] = images
        self._usable[self._next] = False

    def sample(self, size: int, random: np.random.Generator) -> Transitions:
        """Draw `size` steps, each as likely as the others; some may be drawn twice."""
        usable = np.flatnonzero(self._usable)
        rows, cars = np.divmod(random.choice(usable, size), self.cars)
        following = (rows + 1) % self.capacity
        return Transitions(
            images=torch.from_numpy(self._images[rows, cars]),
            actions=torch.from_numpy(self._actions[rows, cars]),
            rewards=torch.from_numpy(self._rewards[rows, cars]),
            next_images=torch.from_numpy(self._images[following, cars]),
            goes_on=torch.from_numpy(self._goes_on[rows, cars]),
        )
