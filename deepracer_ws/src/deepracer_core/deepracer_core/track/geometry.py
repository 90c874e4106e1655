"""Checks that three lines make a road: a centre line between two borders, without any crossing.

They run once, when a track is read. Rows in messages count from 0, as in the arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from deepracer_core.errors import TrackError
from deepracer_core.track.polyline import BoolArray, FloatArray, IntArray

MIN_WIDTH = 0.3  # [m] the car is 0.2 m wide; AWS' narrowest road is 0.57 m
MAX_WIDTH = 5.0  # [m] AWS' widest road is 1.7 m
MIN_STEP = 1e-9  # [m] closer centre points are the same point; simapp
_BLOCK = 256  # steps that are compared with all others at once


@dataclass(frozen=True)
class RoadLines:
    """The three lines of a road, row by row beside each other; closed ones repeat row 0 at the end.

    Attributes:
        centre: (V, 2) centre line [m] in driving direction.
        inner: (V, 2) inner border [m]; on the left if a loop runs counter-clockwise.
        outer: (V, 2) outer border [m].
        closed: whether the road is a loop.
    """

    centre: FloatArray
    inner: FloatArray
    outer: FloatArray
    closed: bool


def check_road(road: RoadLines) -> None:
    """Refuse lines, of finite numbers, that no car could drive on.

    Raises:
        TrackError: a width is absurd, points coincide, borders are swapped, or lines cross; the
            message names the row.
    """
    _check_widths(road)
    _check_sides(road)
    _check_repeats(road)
    _check_crossings(road)
    if road.closed:
        _check_nesting(road)
    else:
        _check_ends(road)


def _check_widths(road: RoadLines) -> None:
    width = np.linalg.norm(road.inner - road.outer, axis=1)
    bad = (width < MIN_WIDTH) | (width > MAX_WIDTH)
    if bad.any():
        found = width[bad.argmax()]
        refuse_rows(
            bad,
            f"the borders are {found:.3f} m apart, expected {MIN_WIDTH:g} to {MAX_WIDTH:g} m; "
            "check unit (metres) and order of the border points",
        )


def _check_sides(road: RoadLines) -> None:
    to_inner, to_outer = road.inner - road.centre, road.outer - road.centre
    refuse_rows(
        (to_inner * to_outer).sum(axis=1) >= 0.0,
        "the centre point does not lie between the border points; "
        "the columns are centre x, y, inner x, y, outer x, y",
    )


def _check_repeats(road: RoadLines) -> None:
    points = road.centre[:-1] if road.closed else road.centre
    _, first, count = np.unique(points, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        again = first[count > 1].min()
        twice = np.flatnonzero((points == points[again]).all(axis=1))
        raise TrackError(
            f"row {twice[1]}: the centre point of row {again} again; remove one of them"
        )
    step = np.linalg.norm(np.diff(road.centre, axis=0), axis=1)
    refuse_rows(step < MIN_STEP, "the centre point coincides with the next one; remove one of them")


def _check_crossings(road: RoadLines) -> None:
    steps = {name: _Steps(line) for name, line in _named_lines(road)}
    for name, line in steps.items():
        for row, other in _self_crossings(line, road.closed):
            raise TrackError(
                f"row {row}: the {name} crosses or touches itself at row {other}; "
                "smooth the bend or remove the rows of the loop"
            )
    for one, two in (
        ("inner border", "outer border"),
        ("centre line", "inner border"),
        ("centre line", "outer border"),
    ):
        for indexes, _ in _meetings(steps[one], steps[two]):
            row = steps[one].rows[indexes.min()]
            raise TrackError(f"row {row}: the {one} crosses or touches the {two}; move them apart")


def _check_nesting(road: RoadLines) -> None:
    if shapely.Polygon(road.inner).area >= shapely.Polygon(road.outer).area:
        raise TrackError(
            "the inner border encloses more than the outer one: the borders are swapped; "
            "exchange columns 2, 3 with columns 4, 5"
        )


def _check_ends(road: RoadLines) -> None:
    """Require that an open road does not begin or end on itself."""
    for row, others in ((0, slice(1, None)), (len(road.centre) - 1, slice(None, -1))):
        end = shapely.LineString((road.inner[row], road.outer[row]))
        for name, line in _named_lines(road):
            if end.intersects(shapely.LineString(line[others])):
                raise TrackError(f"row {row}: the end of the road lies on the {name}; remove rows")


def _named_lines(road: RoadLines) -> tuple[tuple[str, FloatArray], ...]:
    return (
        ("centre line", road.centre),
        ("inner border", road.inner),
        ("outer border", road.outer),
    )


class _Steps:
    """The steps of a line from row to row, without those of no length (corners on the spot)."""

    def __init__(self, line: FloatArray) -> None:
        self.rows = np.flatnonzero((line[:-1] != line[1:]).any(axis=1))
        pairs = np.stack((line[self.rows], line[self.rows + 1]), axis=1)
        self.segments = shapely.linestrings(pairs)


def _meetings(one: _Steps, two: _Steps) -> Iterator[tuple[IntArray, IntArray]]:
    """Indexes of the steps that meet, block by block: hostile lines may meet everywhere."""
    tree = shapely.STRtree(two.segments)
    for first in range(0, len(one.rows), _BLOCK):
        block = one.segments[first : first + _BLOCK]
        indexes, others = tree.query(block, predicate="intersects")
        if indexes.size:
            yield indexes + first, others


def _self_crossings(line: _Steps, closed: bool) -> Iterator[tuple[int, int]]:
    """Rows where two steps meet in more than the corner that neighbours share, first one first."""
    last = len(line.rows) - 1
    for indexes, others in _meetings(line, line):
        later = others > indexes
        one, two = indexes[later], others[later]
        shared = (two - one == 1) | (closed & (one == 0) & (two == last))
        common = shapely.intersection(line.segments[one[shared]], line.segments[two[shared]])
        bad = ~shared
        bad[shared] = shapely.get_type_id(common) != shapely.GeometryType.POINT
        if bad.any():
            first = np.lexsort((two[bad], one[bad]))[0]
            yield int(line.rows[one[bad][first]]), int(line.rows[two[bad][first]])


def refuse_rows(bad: BoolArray, reason: str) -> None:
    """Raise for the first row that is bad, (V,), or holds something bad, (V, C).

    Raises:
        TrackError: there is one; the message names it and the reason.
    """
    if bad.any():
        raise TrackError(f"row {np.argwhere(bad)[0, 0]}: {reason}")
