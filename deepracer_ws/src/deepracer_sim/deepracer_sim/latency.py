"""Delay between what a camera sees and what the policy gets: latency and dropped frames."""

from __future__ import annotations

import math

import numpy as np
from deepracer_core.errors import ConfigError
from numba import njit
from numpy.typing import NDArray

from deepracer_sim.engine import Cars, Floats, Images
from deepracer_sim.fast_random import States, draw_uniform

MAX_LATENCY = 4.0
"""Longest latency [frames], 264 ms at the control period: beyond it nobody would drive."""


class FrameDelay:
    """Remembers the last frames of N cars, and shows each car the one that has just arrived.

    A latency of 1 frame shows the frame before the newest; 1.3 frames shows the one before that in
    30 % of the steps, at random, as a camera and a policy that are not in step do. Time never runs
    backwards. A dropped frame never arrives: whoever waits for it sees the one before it. The first
    frame of an episode is never dropped, and stands for those before it.
    """

    def __init__(self, cars: int, shape: tuple[int, ...]) -> None:
        """Allocate memory for images (N, *shape), with no latency."""
        depth = math.ceil(MAX_LATENCY) + 1
        self._frames = np.zeros((depth, cars, math.prod(shape)), np.uint8)
        self._taken = np.zeros(cars, np.int64)
        self._latency = np.zeros(cars)
        self._drop_rate = np.zeros(cars)
        self._states: States = np.zeros(cars, np.uint64)

    def reset(self, cars: Cars, latency: Floats, drop_rate: Floats, seeds: States) -> None:
        """Begin new episodes with the given K cars: their next frame is the first.

        Args:
            cars: (K,) indexes.
            latency: (K,) [frames].
            drop_rate: (K,) probability that a frame is dropped.
            seeds: (K,) of the random decisions.

        Raises:
            ConfigError: a latency or rate is out of range.
        """
        if not ((latency >= 0.0) & (latency <= MAX_LATENCY)).all():
            raise ConfigError(f"latency {latency.tolist()}: use 0 to {MAX_LATENCY:g} frames")
        if not ((drop_rate >= 0.0) & (drop_rate < 1.0)).all():
            raise ConfigError(f"drop rate {drop_rate.tolist()}: use 0 to below 1")
        self._taken[cars] = 0
        self._latency[cars] = latency
        self._drop_rate[cars] = drop_rate
        self._states[cars] = seeds

    def show(self, frames: Images, cars: Cars, out: Images) -> None:
        """Take the newest frame of K cars, and write what they are shown instead.

        Args:
            frames: (K, *shape) what their cameras see now.
            cars: (K,) indexes.
            out: (N, *shape) what policies see; rows of other cars are left alone. C-contiguous.
        """
        _show(
            frames.reshape(len(frames), -1),
            cars,
            self._frames,
            self._taken,
            self._latency,
            self._drop_rate,
            self._states,
            out.reshape(len(out), -1),
        )


@njit(cache=True, error_model="numpy")
def _show(
    frames: Images,
    cars: Cars,
    memory: Images,
    taken: NDArray[np.int64],
    latency: Floats,
    drop_rate: Floats,
    states: States,
    out: Images,
) -> None:
    depth = len(memory)
    for index in range(len(cars)):
        car = cars[index]
        newest = taken[car]
        slot = newest % depth
        is_dropped = draw_uniform(states, car) < drop_rate[car]
        if is_dropped and newest > 0:
            _copy(memory[(newest - 1) % depth, car], memory[slot, car])
        else:
            _copy(frames[index], memory[slot, car])
        whole = math.floor(latency[car])
        is_late = draw_uniform(states, car) < latency[car] - whole
        shown = max(newest - int(whole) - int(is_late), 0)
        _copy(memory[shown % depth, car], out[car])
        taken[car] += 1


@njit(error_model="numpy", forceinline=True)
def _copy(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
    for k in range(len(source)):  # several times as fast as numba's assignment of slices
        target[k] = source[k]
