"""The ground as a pyramid of ever coarser pictures, each with margins, in one piece of memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_sim.ground import Image
from deepracer_sim.planar.scene import MARGIN

_SMALLEST = 4  # rows or columns of the coarsest level


@dataclass(frozen=True, eq=False)
class Pyramid:
    """All levels of several pictures of equal size; level k is 2**k times coarser than level 0.

    Attributes:
        texels: (pictures, T) values of all levels, one after the other, row by row, with margins.
        start: (levels,) index of the first texel of each level.
        columns: (levels,) texels in a row of each level.
    """

    texels: NDArray[np.uint8]
    start: NDArray[np.int64]
    columns: NDArray[np.int64]


def build_pyramid(pictures: Sequence[Image]) -> Pyramid:
    """Build the levels of pictures, (rows, columns) each, by averaging 2 x 2 pixels."""
    levels = [_levels(picture) for picture in pictures]
    shapes = np.array([level.shape for level in levels[0]])
    sizes = shapes.prod(axis=1)
    return Pyramid(
        texels=np.stack([np.concatenate([level.ravel() for level in one]) for one in levels]),
        start=np.cumsum(sizes) - sizes,
        columns=shapes[:, 1].copy(),
    )


def _levels(picture: Image) -> list[Image]:
    level = picture.astype(np.float32)
    levels = [_finished(level)]
    while min(level.shape) > _SMALLEST:
        rows, columns = level.shape
        even = cv2.copyMakeBorder(level, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE)
        level = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4.0
        levels.append(_finished(level))
    return levels


def _finished(level: NDArray[np.float32]) -> Image:
    margins = (MARGIN, MARGIN, MARGIN, MARGIN)
    return cv2.copyMakeBorder(np.rint(level), *margins, cv2.BORDER_REPLICATE).astype(np.uint8)
