"""What goes into a step of N cars and what comes out of it, in memory that processes can share."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_sim.engine import JOINTS, CarStates, Commands, Floats, Images
from deepracer_sim.line_judge import Bools, Ints

Layout = dict[str, tuple[tuple[int, ...], type]]


@dataclass(frozen=True, eq=False)
class Buffers:
    """Arrays of N cars that are written in place.

    Attributes:
        commands: (N, 2) steering angle [rad] and speed [m/s]: input.
        images: (N, *image shape) what the policy sees now; of a new episode where one has begun.
        last_images: (N, *image shape) where an episode has ended, what followed its last step.
        reward: (N,) of the step.
        terminated: (N,) whether the episode ended for what the car did.
        truncated: (N,) whether it ended for a limit of time or steps.
        progress: (N,) share of the lap that is done [%].
        status: (N,) value of `EpisodeStatus` after the step.
        steps: (N,) number of this step in the episode, from 1.
        laps: (N,) complete laps in it.
        episode_reward: (N,) sum of its rewards.
        episode: (N,) number of the episode under way, of a new one where one has begun.
        position: (N, 3) of `CarStates`, as this and the following when the step was judged.
        orientation: (N, 4).
        velocity: (N, 2).
        yaw_rate: (N,).
        joints: (N, 6).
    """

    commands: Commands
    images: Images
    last_images: Images
    reward: Floats
    terminated: Bools
    truncated: Bools
    progress: Floats
    status: NDArray[np.uint8]
    steps: Ints
    laps: Ints
    episode_reward: Floats
    episode: Ints
    position: Floats
    orientation: Floats
    velocity: Floats
    yaw_rate: Floats
    joints: Floats

    @classmethod
    def allocate(cls, cars: int, image: tuple[int, ...]) -> Buffers:
        """Buffers in the memory of this process."""
        return cls(**{name: np.zeros(*array) for name, array in _layout(cars, image).items()})

    @property
    def states(self) -> CarStates:
        """Of all cars when the step was judged; the arrays themselves."""
        return CarStates(self.position, self.orientation, self.velocity, self.yaw_rate, self.joints)

    def rows(self, rows: slice) -> Buffers:
        """The part of some of the cars."""
        return Buffers(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


class SharedMemory:
    """Memory of `Buffers` that can be handed to a process when it is spawned.

    It has no name in the file system: it goes when the last process goes, however that ends.
    """

    def __init__(self, context: BaseContext, cars: int, image: tuple[int, ...]) -> None:
        """Allocate it for `cars` cars with images of this shape."""
        self._layout = _layout(cars, image)
        self._memory = {
            name: context.RawArray("B", math.prod(shape) * np.dtype(kind).itemsize)
            for name, (shape, kind) in self._layout.items()
        }

    def buffers(self) -> Buffers:
        """The buffers, without a copy."""
        arrays: dict[str, Any] = {
            name: np.frombuffer(self._memory[name], kind).reshape(shape)
            for name, (shape, kind) in self._layout.items()
        }
        return Buffers(**arrays)


def _layout(cars: int, image: tuple[int, ...]) -> Layout:
    """Shape and type of each array."""
    return {
        "commands": ((cars, 2), np.float32),
        "images": ((cars, *image), np.uint8),
        "last_images": ((cars, *image), np.uint8),
        "reward": ((cars,), np.float64),
        "terminated": ((cars,), np.bool_),
        "truncated": ((cars,), np.bool_),
        "progress": ((cars,), np.float64),
        "status": ((cars,), np.uint8),
        "steps": ((cars,), np.int64),
        "laps": ((cars,), np.int64),
        "episode_reward": ((cars,), np.float64),
        "episode": ((cars,), np.int64),
        "position": ((cars, 3), np.float64),
        "orientation": ((cars, 4), np.float64),
        "velocity": ((cars, 2), np.float64),
        "yaw_rate": ((cars,), np.float64),
        "joints": ((cars, len(JOINTS)), np.float64),
    }
