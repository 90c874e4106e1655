"""Which points lie strictly inside a region that rings enclose: vectorised, exact, cheap per point.

The plane is cut into horizontal slabs at the heights of all ring points. Inside one slab the same
few edges cross every horizontal line, so that a point needs one binary search and a count of the
edges to its left: an odd count is inside (even-odd rule, which makes a ring in a ring a hole).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from deepracer_core.track.polyline import BoolArray, FloatArray, IntArray


class Region:
    """The points enclosed by an odd number of rings, without the rings themselves.

    Attributes:
        levels: (L,) heights of all ring points, ascending [m].
        slabs: (L + 1, K, 3) the edges that cross each slab as x, y of a point and dx/dy; filled up
            with edges at x = inf. Slab k lies between the levels k - 1 and k.
    """

    def __init__(self, rings: Sequence[FloatArray]) -> None:
        """Cut the plane into slabs; each ring is (V, 2) [m], closed if its ends differ."""
        start = np.concatenate(rings)
        end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
        self.levels: FloatArray = np.unique(start[:, 1])
        sloped = start[:, 1] != end[:, 1]
        start, end = start[sloped], end[sloped]
        step = end - start
        # One line x = x0 + (y - y0) * dx/dy per edge, and a last one that lies left of nothing.
        lines = np.column_stack((start, step[:, 0] / step[:, 1]))
        self._lines: FloatArray = np.vstack((lines, (np.inf, 0.0, 0.0)))
        low = np.searchsorted(self.levels, np.minimum(start[:, 1], end[:, 1]))
        high = np.searchsorted(self.levels, np.maximum(start[:, 1], end[:, 1]))
        self.slabs = self._lines[_edges_of_slabs(low, high, len(self.levels))]

    def contains(self, points: ArrayLike) -> BoolArray:
        """Tell which of the points (..., 2) [m] lie strictly inside; those on a ring do not."""
        points = np.asarray(points, dtype=np.float64)
        x, y = points[..., 0], points[..., 1]
        slab = np.searchsorted(self.levels, y, side="right")
        inside = self._inside_slab(slab, x, y)
        # At the height of a ring point a horizontal edge may pass: inside is inside on both sides.
        on_level = self.levels[slab - 1] == y
        if on_level.any():
            inside &= ~on_level | self._inside_slab(slab - 1, x, y)
        return inside

    def _inside_slab(self, slab: IntArray, x: FloatArray, y: FloatArray) -> BoolArray:
        """Count the edges of its slab left of each point; a point on an edge is not inside."""
        line = self.slabs[slab]
        crossing = line[..., 0] + (y[..., None] - line[..., 1]) * line[..., 2]
        x = x[..., None]
        odd = np.logical_xor.reduce(crossing < x, axis=-1)
        return np.asarray(odd & ~(crossing == x).any(axis=-1))


def _edges_of_slabs(low: IntArray, high: IntArray, levels: int) -> IntArray:
    """Table (levels + 1, K) of the edges that cross each slab, filled up with the index of no edge.

    Slab k lies between the levels k - 1 and k; the first and the last are the empty outside.
    """
    spanned = high - low
    edge = np.repeat(np.arange(len(low)), spanned)
    first_of_edge = np.cumsum(spanned) - spanned
    slab = np.repeat(low - first_of_edge, spanned) + np.arange(len(edge)) + 1
    order = np.argsort(slab, kind="stable")
    edge, slab = edge[order], slab[order]
    count = np.bincount(slab, minlength=levels + 1)
    first_of_slab = np.cumsum(count) - count
    table = np.full((levels + 1, count.max()), len(low))
    table[slab, np.arange(len(edge)) - first_of_slab[slab]] = edge
    return table
