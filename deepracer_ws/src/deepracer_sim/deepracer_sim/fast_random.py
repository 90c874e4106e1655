"""Random numbers inside compiled code: splitmix64, one 64-bit state for each car.

Public domain, Sebastiano Vigna; the generator that Java and xoshiro use for seeding.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

States = NDArray[np.uint64]


@njit(error_model="numpy")
def draw_bits(states: States, car: int) -> np.uint64:
    """Advance the state of a car and return 64 random bits."""
    states[car] += np.uint64(0x9E3779B97F4A7C15)
    bits = states[car]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@njit(error_model="numpy")
def draw_uniform(states: States, car: int) -> float:
    """Advance the state of a car and return a number from 0 to below 1."""
    return float(draw_bits(states, car) >> np.uint64(11)) / 9007199254740992.0  # 2**53
