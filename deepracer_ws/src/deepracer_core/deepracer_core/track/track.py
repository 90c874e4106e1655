"""The track as rules and rewards see it: geometry queries over many points at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from deepracer_core.errors import TrackError
from deepracer_core.lane import Lane, Placement
from deepracer_core.track.borders import Borders
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.geometry import RoadLines, check_road
from deepracer_core.track.polyline import BoolArray, FloatArray, IntArray, Polyline
from deepracer_core.track.region import Region
from deepracer_core.track.route import read_route

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Projection:
    """Where N points are along the centre line in driving direction.

    Attributes:
        arclength: (N,) way from row 0 to the projection [m]; below the length on closed tracks.
        fraction: (N,) the same as part of the length, 0 to 1 (simapp: ndist).
        point: (N, 2) nearest point of the centre line [m].
        heading: (N,) direction of the centre line there [rad], in -pi..pi.
        distance: (N,) distance of the point to its projection [m].
    """

    arclength: FloatArray
    fraction: FloatArray
    point: FloatArray
    heading: FloatArray
    distance: FloatArray


class Track:
    """A road between two borders, driven from row 0 of its centre line; immutable.

    World frame, metres and radians, counter-clockwise positive. The definitions are simapp's:
    borders are the outer edges of the white lines, on a border is off the road.

    Attributes:
        name: name of the track.
        centre: (V, 2) waypoints [m] in driving direction; a loop repeats the first as the last.
        inner: (V, 2) inner border [m], row by row beside the waypoints.
        outer: (V, 2) outer border [m], likewise.
        closed: whether the track is a loop.
        is_reversed: whether it is driven against the order of its source (`reversed`).
        world_bounds: x_min, y_min, x_max, y_max [m] of the world: the field of a track definition,
            or else the bounding box of the borders.
        length: length of the centre line [m].
        centre_line: the centre line for geometry queries.
        inner_border: the inner border, likewise.
        outer_border: the outer border, likewise.
        lane_lines: the middle of each lane, halfway between waypoints and border (simapp).
        road: the region between the borders.
        is_counterclockwise: whether the inner border is on the left in driving direction.
    """

    def __init__(
        self,
        name: str,
        centre: ArrayLike,
        inner: ArrayLike,
        outer: ArrayLike,
        closed: bool,
        *,
        world_bounds: Bounds | None = None,
        is_reversed: bool = False,
    ) -> None:
        """Build a track from three lines, (V, 2) [m] each, that `check_road` accepts.

        Raises:
            TrackError: the arrays differ in shape, or a closed line does not end in row 0.
        """
        self.name, self.closed, self.is_reversed = name, closed, is_reversed
        _check_shapes(np.asarray(centre), np.asarray(inner), np.asarray(outer), closed)
        self.centre_line = Polyline(centre, closed)
        self.inner_border = Polyline(inner, closed)
        self.outer_border = Polyline(outer, closed)
        self.centre, self.inner = self.centre_line.points, self.inner_border.points
        self.outer = self.outer_border.points
        self.length = self.centre_line.length
        self.world_bounds = world_bounds or _bounding_box(self.inner, self.outer)
        self.is_counterclockwise = _inner_is_left(self.centre, self.inner)
        self.lane_lines = {
            Lane.CENTRE: self.centre_line,
            Lane.INNER: Polyline((self.centre + self.inner) / 2.0, closed),
            Lane.OUTER: Polyline((self.centre + self.outer) / 2.0, closed),
        }
        self._borders = Borders(self.centre_line, self.inner_border, self.outer_border)
        self.road = _band(self.inner, self.outer, closed)
        self._inner_half = _band(self.inner, self.centre, closed)

    @classmethod
    def from_route(cls, path: str | Path) -> Track:
        """Read a DeepRacer route file (.npy).

        Raises:
            TrackError: the file is broken; the message names row and reason.
        """
        route = read_route(path)
        road = route.road
        return cls(route.name, road.centre, road.inner, road.outer, road.closed)

    @classmethod
    def from_definition(cls, definition: TrackDefinition) -> Track:
        """Build the track of a definition; its borders are half a width beside the centre line.

        The inner border of an open track is its left one, as in AWS' Straight_track.

        Raises:
            TrackError: the borders cross each other or themselves; the message names the row.
        """
        centre, left, right = (
            _close(line, definition.closed)
            for line in (
                definition.centre_line,
                definition.offset(definition.width / 2),
                definition.offset(-definition.width / 2),
            )
        )
        clockwise = definition.closed and _signed_area(centre) < 0.0
        inner, outer = (right, left) if clockwise else (left, right)
        check_road(RoadLines(centre, inner, outer, definition.closed))
        field = definition.field
        bounds = (field.x_min, field.y_min, field.x_max, field.y_max)
        return cls(definition.name, centre, inner, outer, definition.closed, world_bounds=bounds)

    def reversed(self) -> Track:
        """The same road driven the other way; row 0 of a loop stays the start."""
        return Track(
            self.name,
            self.centre[::-1],
            self.inner[::-1],
            self.outer[::-1],
            self.closed,
            world_bounds=self.world_bounds,
            is_reversed=not self.is_reversed,
        )

    def project(self, points: ArrayLike) -> Projection:
        """Project (N, 2) points [m] on the centre line; of equally near places the first wins."""
        nearest = self.centre_line.nearest(points)
        arclength = nearest.arclength
        return Projection(
            arclength=arclength,
            fraction=arclength / self.length,
            point=nearest.point,
            heading=self.centre_line.heading[self.centre_line.segment_at(arclength)],
            distance=nearest.distance,
        )

    def closest_waypoints(self, arclength: ArrayLike) -> IntArray:
        """Indexes (N, 2) of the waypoints behind and ahead of each arclength [m], not the nearest.

        At a waypoint, that one is behind. At the end of an open track the one ahead is 0 (simapp).
        """
        ahead = np.searchsorted(self.centre_line.arclength, arclength, side="right")
        return np.column_stack((ahead - 1, ahead % len(self.centre)))

    def on_road(self, points: ArrayLike) -> BoolArray:
        """Tell which points (..., 2) [m] lie strictly between the borders."""
        return self.road.contains(points)

    def on_inner_half(self, points: ArrayLike) -> BoolArray:
        """Tell which points (..., 2) [m] lie strictly between centre line and inner border."""
        return self._inner_half.contains(points)

    def border_points(self, projection: Projection) -> tuple[FloatArray, FloatArray]:
        """Points of the inner and of the outer border, (N, 2) [m] each, nearest to the projections.

        Their distance is the reward parameter track_width.
        """
        segment = self.centre_line.segment_at(projection.arclength)
        return self._borders.nearest(projection.point, segment)

    def poses_at(self, fraction: ArrayLike, lateral_offset: ArrayLike = 0.0) -> FloatArray:
        """Poses (N, 3) x, y [m], yaw [rad] in driving direction at fractions of the length.

        Args:
            fraction: (N,) 0 to 1 from row 0; wraps on loops, stops at the ends of open tracks.
            lateral_offset: distance to the left of the centre line [m], one or (N,).
        """
        arclength = np.atleast_1d(np.asarray(fraction, dtype=np.float64)) * self.length
        poses = np.empty((len(arclength), 3))  # filled by columns: np.stack takes twice the time
        poses[:, :2] = self.centre_line.point_at(arclength)
        poses[:, 2] = heading = self.centre_line.heading_at(arclength)
        offset = np.asarray(lateral_offset, dtype=np.float64)
        poses[:, 0] -= offset * np.sin(heading)
        poses[:, 1] += offset * np.cos(heading)
        return poses

    def lanes_beside(self, arclength: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Points (..., 2) [m] of the inner and of the outer lane beside each arclength [m].

        Interpolated row by row, hence without jumps along the track, unlike the nearest points.
        """
        way = self.centre_line.wrap(arclength)
        inner, outer = (
            np.stack(
                [np.interp(way, self.centre_line.arclength, c) for c in line.points.T], axis=-1
            )
            for line in (self.lane_lines[Lane.INNER], self.lane_lines[Lane.OUTER])
        )
        return inner, outer

    def poses_of(self, placements: Sequence[Placement]) -> FloatArray:
        """Poses (N, 3) x, y [m], yaw [rad] of places on the track, along their lanes.

        The point of a lane is the one nearest to the place on the centre line (simapp).
        """
        poses = np.empty((len(placements), 3))
        for index, placement in enumerate(placements):
            line = self.lane_lines[placement.lane]
            nearest = line.nearest(self.centre_line.point_at([placement.arclength]))
            poses[index, :2] = nearest.point[0]
            poses[index, 2] = line.heading_at(nearest.arclength)[0]
        return poses


def _check_shapes(centre: FloatArray, inner: FloatArray, outer: FloatArray, closed: bool) -> None:
    for name, line in (("centre line", centre), ("inner border", inner), ("outer border", outer)):
        if line.shape != centre.shape or line.ndim != 2 or line.shape[1] != 2:
            raise TrackError(
                f"{name}: shape {line.shape}; give three arrays (V, 2) of equal length"
            )
        if closed and (line[0] != line[-1]).any():
            raise TrackError(
                f"{name}: row {len(line) - 1} differs from row 0; closed lines repeat it"
            )


def _close(line: FloatArray, closed: bool) -> FloatArray:
    """Repeat the first point of a closed line at its end."""
    return np.vstack((line, line[:1])) if closed else line


def _band(inner: FloatArray, outer: FloatArray, closed: bool) -> Region:
    """The region between two lines."""
    return Region([inner, outer] if closed else [np.vstack((outer, inner[::-1]))])


def _bounding_box(*lines: FloatArray) -> Bounds:
    points = np.vstack(lines)
    (x_min, y_min), (x_max, y_max) = points.min(axis=0), points.max(axis=0)
    return float(x_min), float(y_min), float(x_max), float(y_max)


def _inner_is_left(centre: FloatArray, inner: FloatArray) -> bool:
    ahead = np.diff(centre, axis=0)
    to_inner = inner[:-1] - centre[:-1]
    return bool((ahead[:, 0] * to_inner[:, 1] - ahead[:, 1] * to_inner[:, 0]).sum() > 0.0)


def _signed_area(ring: FloatArray) -> float:
    """Twice the enclosed area [m^2], positive if the ring runs counter-clockwise."""
    x, y = ring.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
