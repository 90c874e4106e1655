"""The one picture of a track from above, from which every engine gets its ground.

It shows field, road, white lines and orange dashes of a track definition, without any perspective.
Each pixel is the average over its area, computed exactly: the parts are polygons, and what a
polygon covers of a pixel has a closed form. Colours mix as they are stored (sRGB), as a graphics
card mixes them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from deepracer_core.track.definition import Array, Field, TrackDefinition
from deepracer_core.track.parts import Part, track_parts
from numpy.typing import NDArray

from deepracer_sim.palettes import Palette

Floats = NDArray[np.float32]
Image = NDArray[np.uint8]

PIXELS_PER_METRE = 200.0
"""5 mm, a tenth of a dash; as wide as a pixel of the 160 px camera sees 0.6 m ahead."""

MAX_PIXELS = 4_000_000
"""Bound of the picture's size, and so of memory: larger fields get larger pixels."""

MAX_SIDE = 16_384
"""Bound of its rows and columns: what OpenGL takes as texture, and 16 bits can count."""

_PARTS = ("field", "road", "line", "dash")
"""What the ground shows; of most pixels only one."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A picture of the ground that fills the field exactly.

    Attributes:
        image: (rows, columns, 3) RGB; row 0 lies at y_min, column 0 at x_min. (Seen from above with
            y up it is upside down: flip the rows to show it to people.)
        field: rectangle that it covers [m], in the map frame.
    """

    image: Image
    field: Field


def ground_image(
    definition: TrackDefinition, palette: Palette, pixels_per_metre: float = PIXELS_PER_METRE
) -> Ground:
    """Draw the ground of one track in one palette."""
    return GroundPainter(definition, pixels_per_metre).paint(palette)


class GroundPainter:
    """Draws the ground of one track in any number of palettes."""

    def __init__(
        self, definition: TrackDefinition, pixels_per_metre: float = PIXELS_PER_METRE
    ) -> None:
        """Compute what each part covers of each pixel.

        Args:
            definition: the track.
            pixels_per_metre: wanted resolution; less where `MAX_PIXELS` demands it.
        """
        self._field = definition.field
        grid = _Grid(definition.field, pixels_per_metre)
        covered = {part.name: grid.coverage(part.quads) for part in _flat_parts(definition)}
        line, dash = covered["left_line"] + covered["right_line"], covered["dashes"]
        road = covered["road"]
        # Lines and dashes lie inside the road: exact areas are subtracted, not painted over, so
        # that the road does not shine through where it ends together with a line.
        weights = np.stack((1.0 - road, np.maximum(road - line - dash, 0.0), line, dash))
        self._part = weights.argmax(axis=0)
        self._mixed = weights.max(axis=0) < 1.0
        self._weights = weights[:, self._mixed]

    def paint(self, palette: Palette) -> Ground:
        """The ground in the colours of `palette`."""
        colours = np.array([getattr(palette, part) for part in _PARTS], np.float32)
        image = colours.astype(np.uint8)[self._part]
        mixed = sum(
            weight[:, None] * colour for weight, colour in zip(self._weights, colours, strict=True)
        )
        image[self._mixed] = np.clip(np.rint(mixed), 0, 255)
        return Ground(image, self._field)


def _flat_parts(definition: TrackDefinition) -> list[Part]:
    return [part for part in track_parts(definition) if part.name not in ("field", "walls")]


class _Grid:
    """The pixels of a picture that fills a field."""

    def __init__(self, field: Field, pixels_per_metre: float) -> None:
        self._low = np.array([field.x_min, field.y_min])
        size = np.array([field.x_max, field.y_max]) - self._low
        affordable = min(math.sqrt(MAX_PIXELS / size.prod()), MAX_SIDE / size.max())
        pixels = size * min(pixels_per_metre, affordable)
        self._pixels = np.maximum(np.rint(pixels), 1.0).astype(int)
        self._scale = self._pixels / size

    def coverage(self, quads: Array) -> Floats:
        """Share of each pixel, (rows, columns), that quads (Q, 4, 2 or more) [m] cover together.

        They must not overlap and all turn the same way round.

        Every edge is cut at the borders of the pixels. A piece inside one pixel, of height dy and
        at the mean column x, contributes dy to all pixels right of it and a part to its own: the
        sum over the edges of a polygon, accumulated from left to right, is the area inside it.
        """
        columns, rows = self._pixels
        corners = (quads[:, :, :2] - self._low) * self._scale
        edges = zip(corners.reshape(-1, 2), np.roll(corners, -1, axis=1).reshape(-1, 2))
        nothing = np.zeros((0, 2)), np.zeros(0)  # of no quads
        pieces = [nothing, *(_pieces(start, end) for start, end in edges)]
        middle = np.concatenate([middle for middle, _ in pieces])
        height = np.concatenate([height for _, height in pieces])
        column, row = np.floor(middle).astype(int).T
        column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        right_of = middle[:, 0] - column
        steps = np.zeros((rows, columns + 1))
        np.add.at(steps, (row, column), height * (1.0 - right_of))
        np.add.at(steps, (row, column + 1), height * right_of)
        covered = np.abs(np.cumsum(steps, axis=1)[:, :-1])
        return np.clip(covered, 0.0, 1.0).astype(np.float32)


def _pieces(start: Array, end: Array) -> tuple[Array, Array]:
    """Cut an edge at all whole coordinates: middle (K, 2) and signed height (K,) of the pieces."""
    cuts = [np.array([0.0, 1.0])]
    for axis in (0, 1):
        low, high = sorted((start[axis], end[axis]))
        between = np.arange(math.floor(low) + 1, math.ceil(high))
        cuts.append((between - start[axis]) / (end[axis] - start[axis]))
    points = start + np.sort(np.concatenate(cuts))[:, None] * (end - start)
    return (points[1:] + points[:-1]) / 2.0, np.diff(points[:, 1])
