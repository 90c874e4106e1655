"""A line through points in the plane: nearest point, arclength, heading and curvature, vectorised.

A query compares N points with all S segments at once. At the sizes of DeepRacer tracks (119 to some
600 points) this brute force beats any spatial index in Python.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Nearest:
    """The nearest points of a line to N query points.

    Attributes:
        arclength: (N,) way along the line from its first point [m]; below the length on rings.
        point: (N, 2) the nearest points [m].
        distance: (N,) distance of each query point to its nearest point [m].
    """

    arclength: FloatArray
    point: FloatArray
    distance: FloatArray


def approach(points: FloatArray, steps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find how near points come to segments, all at once and with few temporary arrays.

    Args:
        points: (N, 2, 1, ...) [m].
        steps: (6, ..., K) of `Polyline.steps`, broadcast against the points.

    Returns:
        (N, ..., K) nearest share of each segment, 0 to 1, and the squared distance to it [m^2].
    """
    x, y, dx, dy, ux, uy = steps
    rest_x = points[:, 0] - x
    rest_y = points[:, 1] - y
    share = rest_x * ux
    share += rest_y * uy
    np.maximum(share, 0.0, out=share)
    np.minimum(share, 1.0, out=share)
    rest_x -= share * dx
    rest_y -= share * dy
    rest_x *= rest_x
    rest_y *= rest_y
    rest_x += rest_y
    return share, rest_x


class Polyline:
    """A line through V points; a closed one repeats its first point as its last.

    Attributes:
        points: (V, 2) points [m], read-only.
        closed: whether the line is a ring.
        arclength: (V,) way along the line at each point [m].
        length: length of the line [m].
        step_length: (V - 1,) length of each segment [m].
        heading: (V - 1,) direction of each segment [rad], in -pi..pi.
        steps: (6, V - 1) for `approach`: x, y of each segment's start, its vector, and that vector
            divided by its squared length.
    """

    def __init__(self, points: ArrayLike, closed: bool) -> None:
        """Prepare the line; `points` is (V, 2) [m], V >= 2, the first again last if `closed`."""
        self.points: FloatArray = np.array(points, dtype=np.float64)
        self.points.setflags(write=False)
        self.closed = closed
        step = np.diff(self.points, axis=0)
        step_length = np.hypot(step[:, 0], step[:, 1])
        self.arclength: FloatArray = np.concatenate(([0.0], np.cumsum(step_length)))
        self.length = float(self.arclength[-1])
        self.step_length: FloatArray = step_length
        self.heading: FloatArray = np.arctan2(step[:, 1], step[:, 0])
        # Borders may hold steps of no length, at corners turned on the spot.
        squared = np.where(step_length > 0.0, step_length**2, np.inf)
        parts = (self.points[:-1], step, step / squared[:, None])
        self.steps: FloatArray = np.ascontiguousarray(np.hstack(parts).T)

    def nearest(self, points: ArrayLike) -> Nearest:
        """Project (N, 2) points [m] on the line; of equally near places the first along it wins."""
        points = np.asarray(points, dtype=np.float64)
        share, squared = approach(points[:, :, None], self.steps)
        segment = squared.argmin(axis=1)
        row = np.arange(len(points))
        share = share[row, segment]
        x, y, dx, dy, _, _ = self.steps[:, segment]
        point = np.empty((len(points), 2))
        point[:, 0] = x + share * dx
        point[:, 1] = y + share * dy
        arclength = self.arclength[segment] + share * self.step_length[segment]
        if self.closed:
            arclength[arclength >= self.length] = 0.0
        return Nearest(arclength, point, np.sqrt(squared[row, segment]))

    def segment_at(self, arclength: ArrayLike) -> IntArray:
        """Segment at each arclength [m] of the line itself; between two segments the later one."""
        index = np.searchsorted(self.arclength, arclength, side="right") - 1
        return np.minimum(index, len(self.heading) - 1)

    def point_at(self, arclength: ArrayLike) -> FloatArray:
        """Points (..., 2) [m] at each arclength [m], which is wrapped first."""
        way = self.wrap(arclength)
        points = np.empty((*way.shape, 2))
        points[..., 0] = np.interp(way, self.arclength, self.points[:, 0])
        points[..., 1] = np.interp(way, self.arclength, self.points[:, 1])
        return points

    def heading_at(self, arclength: ArrayLike) -> FloatArray:
        """Direction [rad] of the segment at each arclength [m], in -pi..pi (forward difference)."""
        return self.heading[self.segment_at(self.wrap(arclength))]

    def curvature_at(self, arclength: ArrayLike) -> FloatArray:
        """Signed curvature [1/m] at each arclength [m], left turns positive.

        At a point of the line it is the turning angle over the mean length of the two segments that
        meet there, in between it is interpolated; the ends of an open line are straight.
        """
        return np.interp(self.wrap(arclength), self.arclength, self._point_curvature())

    def wrap(self, arclength: ArrayLike) -> FloatArray:
        """Bring each arclength [m] on the line: modulo the length of a ring, or up to the ends."""
        way = np.asarray(arclength, dtype=np.float64)
        if self.closed:
            way = way % self.length
            # A tiny negative number modulo the length is rounded up to the length itself.
            return np.where(way >= self.length, 0.0, way)
        return np.clip(way, 0.0, self.length)

    def _point_curvature(self) -> FloatArray:
        """Curvature [1/m] at each of the V points."""
        turn = np.zeros(len(self.points))
        turn[1:-1] = np.diff(self.heading)
        span = np.ones(len(self.points))
        span[1:-1] = (self.step_length[:-1] + self.step_length[1:]) / 2.0
        if self.closed:
            turn[[0, -1]] = self.heading[0] - self.heading[-1]
            span[[0, -1]] = (self.step_length[0] + self.step_length[-1]) / 2.0
        turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
        return turn / span
