"""numpy's SeedSequence and Philox, compiled: the same numbers in a fiftieth of the time.

An episode draws some 20 numbers. Making a generator for them takes numpy longer than a step of a
car. Algorithms and constants: numpy/random/bit_generator.pyx and Salmon et al., Parallel Random
Numbers: As Easy as 1, 2, 3 (2011), Philox4x64-10. A test compares them with numpy's own.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_POOL = 4  # words of the entropy pool

_LOW = np.uint64(0xFFFFFFFF)
_HALF, _QUARTER = np.uint64(32), np.uint64(16)  # bits
_INIT_A, _MULT_A = np.uint64(0x43B0D7E5), np.uint64(0x931E8875)
_INIT_B, _MULT_B = np.uint64(0x8B51F9DD), np.uint64(0x58F38DED)
_MIX_LEFT, _MIX_RIGHT = np.uint64(0xCA01F9DD), np.uint64(0x4973F715)

_ROUNDS = 10
_FACTOR_0, _FACTOR_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_BUMP_0, _BUMP_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)


@njit(cache=True, error_model="numpy")
def draw_words(seeds: Words, out: Words) -> None:
    """Draw what `Generator(Philox(SeedSequence(seed)))` draws first, 64 bits at a time.

    Args:
        seeds: (K,)
        out: (K, W), the result.
    """
    pool, key = np.empty(_POOL, np.uint64), np.empty(2, np.uint64)
    counter = np.empty(4, np.uint64)
    for row in range(len(seeds)):
        pool[0], pool[1] = seeds[row] & _LOW, seeds[row] >> _HALF
        pool[2:] = np.uint64(0)
        _stir(pool)
        _squeeze(pool, key)
        for first in range(0, out.shape[1], 4):
            counter[:] = np.uint64(0)
            counter[0] = np.uint64(first // 4 + 1)
            _encrypt(counter, key[0], key[1])
            for k in range(min(4, out.shape[1] - first)):
                out[row, first + k] = counter[k]


@njit(cache=True, error_model="numpy")
def combine(seeds: Words, numbers: Words, out: Words) -> None:
    """First 64 bits of the state of `SeedSequence((seed, number))`.

    Args:
        seeds: (K,)
        numbers: (K,)
        out: (K,), the result.
    """
    pool = np.empty(_POOL, np.uint64)
    for row in range(len(seeds)):
        pool[:] = np.uint64(0)
        # A number takes as many words as it needs, at least one.
        pool[0], used = seeds[row] & _LOW, 1
        if seeds[row] > _LOW:
            pool[1], used = seeds[row] >> _HALF, 2
        pool[used], pool[used + 1] = numbers[row] & _LOW, numbers[row] >> _HALF
        _stir(pool)
        _squeeze(pool, out[row : row + 1])


def as_uniform(words: Words) -> NDArray[np.float64]:
    """Numbers from 0 to below 1, as `Generator.random` makes them of 64 bits each."""
    return (words >> np.uint64(11)) * 2.0**-53


@njit(error_model="numpy")
def _stir(pool: Words) -> None:
    """`SeedSequence.mix_entropy` for up to four words of 32 bits, filled up with 0."""
    factor = _INIT_A
    for k in range(_POOL):
        pool[k], factor = _hash(pool[k], factor, _MULT_A)
    for source in range(_POOL):
        for target in range(_POOL):
            if source != target:
                hashed, factor = _hash(pool[source], factor, _MULT_A)
                mixed = (_MIX_LEFT * pool[target] - _MIX_RIGHT * hashed) & _LOW
                pool[target] = mixed ^ (mixed >> _QUARTER)


@njit(error_model="numpy")
def _squeeze(pool: Words, out: Words) -> None:
    """`SeedSequence.generate_state` of 64 bits, at most two."""
    factor = _INIT_B
    for k in range(len(out)):
        low, factor = _hash(pool[2 * k], factor, _MULT_B)
        high, factor = _hash(pool[2 * k + 1], factor, _MULT_B)
        out[k] = low | (high << _HALF)


@njit(error_model="numpy")
def _hash(
    value: np.uint64, factor: np.uint64, multiplier: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """A hashed word, and the next factor."""
    following = (factor * multiplier) & _LOW
    hashed = ((value ^ factor) * following) & _LOW
    return hashed ^ (hashed >> _QUARTER), following


@njit(error_model="numpy")
def _encrypt(counter: Words, key_0: np.uint64, key_1: np.uint64) -> None:
    """Replace a counter of 256 bits by four random words."""
    for _ in range(_ROUNDS):
        high_0, low_0 = _multiply(_FACTOR_0, counter[0])
        high_1, low_1 = _multiply(_FACTOR_1, counter[2])
        counter[0], counter[1] = high_1 ^ counter[1] ^ key_0, low_1
        counter[2], counter[3] = high_0 ^ counter[3] ^ key_1, low_0
        key_0, key_1 = key_0 + _BUMP_0, key_1 + _BUMP_1


@njit(error_model="numpy")
def _multiply(one: np.uint64, other: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The upper and the lower 64 bits of a product."""
    one_low, one_high = one & _LOW, one >> _HALF
    other_low, other_high = other & _LOW, other >> _HALF
    cross = one_high * other_low + (one_low * other_low >> _HALF)
    middle = one_low * other_high + (cross & _LOW)
    return one_high * other_high + (cross >> _HALF) + (middle >> _HALF), one * other
