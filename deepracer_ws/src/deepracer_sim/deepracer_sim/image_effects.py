"""What a cheap camera does to a picture: blur, exposure and noise; in place, compiled.

In this order: the lens blurs, the exposure scales, the sensor adds noise. The result is rounded and
clipped to 0-255.

The loops over pixels are vectorised: the narrower their numbers, the more at a time. So each result
is cast at once to the type that holds it, since numba makes 64 bits of all whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from deepracer_core.errors import ConfigError
from numba import njit
from numpy.typing import NDArray

from deepracer_sim.engine import Cars, Floats, Images
from deepracer_sim.fast_random import States, draw_bits

MAX_BLUR = 0.7
"""Largest blur [px] that three pixels in a row can show."""

MIDDLE = 128.0
"""Gray level that contrast leaves as it is."""

_TABLE = 1 << 16  # normal numbers to choose from: each row of a picture starts at a random one
_NOISE_UNITS = 32.0  # of the table, per standard deviation; int8 reaches 4 of these

_ONE = 1 << 8  # weights of the blur are whole numbers of 1/256

Line = NDArray[np.uint16]
"""(width * channels,) values of a row in units of 1/256 gray level; with margins where padded."""

_part = njit(error_model="numpy", forceinline=True)


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects on the pictures of K cars, constant during an episode; (K,) arrays."""

    brightness: Floats
    """Added [gray levels]."""
    contrast: Floats
    """Factor on the difference from `MIDDLE`."""
    noise: Floats
    """Standard deviation of normal noise, independent in each pixel and channel [gray levels]."""
    blur: Floats
    """Standard deviation of the blur [px], at most `MAX_BLUR`."""
    seeds: States
    """Of the noise."""


class ImageEffects:
    """Applies effects to the pictures of N cars, each with its own."""

    def __init__(self, cars: int, shape: tuple[int, ...]) -> None:
        """Begin without any effect.

        Args:
            cars: number of cars N.
            shape: of one image, (rows, width) or (rows, width, 3).
        """
        self._channels = shape[2] if len(shape) > 2 else 1
        length = shape[1] * self._channels
        self._values = np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (cars, 1))
        self._states: States = np.zeros(cars, np.uint64)
        self._rows = np.zeros((4, length + 2 * self._channels), np.uint16)
        normal = np.random.Generator(np.random.Philox(0)).standard_normal(_TABLE + length)
        self._table = np.rint(normal * _NOISE_UNITS).clip(-128, 127).astype(np.int8)

    def reset(self, cars: Cars, effects: Effects) -> None:
        """Give the K cars these effects from now on.

        Raises:
            ConfigError: a blur is out of range.
        """
        if not ((effects.blur >= 0.0) & (effects.blur <= MAX_BLUR)).all():
            raise ConfigError(f"blur {effects.blur.tolist()}: use 0 to {MAX_BLUR} px")
        factor, offset = self._values[:, 0], self._values[:, 1]
        factor[cars] = effects.contrast
        offset[cars] = effects.brightness + MIDDLE * (1.0 - effects.contrast)
        self._values[cars, 2] = effects.noise / _NOISE_UNITS
        # A kernel (w, 1 - 2w, w) has the variance 2w.
        self._values[cars, 3] = np.rint(effects.blur**2 / 2.0 * _ONE)
        self._states[cars] = effects.seeds

    def apply(self, images: Images, cars: Cars) -> None:
        """Change the pictures of K cars, (K, *shape) C-contiguous, in place."""
        rows = images.reshape(len(images), images.shape[1], -1)
        _apply(rows, cars, self._values, self._states, self._table, self._channels, self._rows)


@njit(cache=True, error_model="numpy")
def _apply(
    images: Images,
    cars: Cars,
    values: NDArray[np.float32],
    states: States,
    table: NDArray[np.int8],
    channels: int,
    rows: Line,
) -> None:
    for index in range(len(cars)):
        car = cars[index]
        factor, offset, noise, weight = values[car]
        _change(
            images[index],
            factor,
            offset,
            noise,
            np.uint16(weight),
            states,
            car,
            table,
            channels,
            rows,
        )


@_part
def _change(
    image: Images,
    factor: np.float32,
    offset: np.float32,
    noise: np.float32,
    weight: np.uint16,
    states: States,
    car: int,
    table: NDArray[np.int8],
    channels: int,
    rows: Line,
) -> None:
    """Change one picture, (rows, width * channels)."""
    last = len(image) - 1
    above, middle, below = rows[0], rows[1], rows[2]
    _blur_row(image[0], weight, channels, rows[3], middle)
    above[:] = middle
    for row in range(len(image)):
        _blur_row(image[min(row + 1, last)], weight, channels, rows[3], below)
        start = draw_bits(states, car) % np.uint64(_TABLE)
        _expose(above, middle, below, weight, factor, offset, table[start:], noise, image[row])
        above, middle, below = middle, below, above


@_part
def _blur_row(
    row: NDArray[np.uint8],
    weight: np.uint16,
    channels: int,
    padded: Line,
    out: Line,
) -> None:
    """Blur along a row, in units of 1/256; its first and last pixel are repeated outside."""
    width = len(row)
    inner = padded[channels : channels + width]
    for k in range(width):  # loops are several times as fast as numba's assignment of slices
        inner[k] = row[k]
    for k in range(channels):
        padded[k] = row[k]
        padded[channels + width + k] = row[width - channels + k]
    left, middle, right = padded, padded[channels:], padded[2 * channels :]
    rest = np.uint16(_ONE - 2 * weight)
    for k in range(width):  # at most 255 * 256, whatever the order
        sides = np.uint16(left[k] + right[k])
        out[k] = np.uint16(weight * sides) + np.uint16(rest * middle[k])


@_part
def _expose(
    above: Line,
    middle: Line,
    below: Line,
    weight: np.uint16,
    factor: np.float32,
    offset: np.float32,
    normal: NDArray[np.int8],
    noise: np.float32,
    out: NDArray[np.uint8],
) -> None:
    """Blur across three rows, scale, add noise."""
    sides, rest = np.uint32(weight), np.uint32(_ONE - 2 * weight)
    scale = factor / np.float32(_ONE * _ONE)
    for k in range(len(out)):
        around = np.uint32(np.uint32(above[k]) + np.uint32(below[k]))
        blurred = np.uint32(sides * around) + np.uint32(rest * np.uint32(middle[k]))
        value = np.float32(np.int32(blurred)) * scale + offset + np.float32(normal[k]) * noise
        rounded = min(max(value + np.float32(0.5), np.float32(0.0)), np.float32(255.0))
        out[k] = np.uint8(np.int32(rounded))
