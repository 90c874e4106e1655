"""The visible parts of a track as quadrilaterals: for pictures, markers and simulator models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepracer_core.track.definition import Array, TrackDefinition
from deepracer_core.track.fields import Colour
from deepracer_core.track.polyline import Polyline

LAYER = (
    0.001  # [m] each part lies this much above the one it covers, so that no renderer mixes them
)


@dataclass(frozen=True, eq=False)
class Part:
    """One part of one colour."""

    name: str
    """field, walls, road, left_line, right_line or dashes."""
    colour: Colour
    """Red, green, blue from 0 to 255 (sRGB)."""
    quads: Array
    """Corners, (Q, 4, 3) [m] in the map frame, counter-clockwise seen from the visible side."""


def track_parts(track: TrackDefinition) -> list[Part]:
    """The parts from bottom to top; the walls, which stand around them, come second."""
    border = track.width / 2
    line = border - track.line_width
    colours = track.colours
    return [
        Part("field", colours.field, _lay(_field(track), 0)),
        Part("walls", colours.wall, _walls(track)),
        Part("road", colours.road, _lay(_strip(track, border, -border), 1)),
        Part("left_line", colours.line, _lay(_strip(track, border, line), 2)),
        Part("right_line", colours.line, _lay(_strip(track, -line, -border), 2)),
        Part("dashes", colours.dash, _lay(_dashes(track), 2)),
    ]


def _lay(quads: Array, layer: int) -> Array:
    """Put flat quads, (Q, 4, 2), on a layer above the ground."""
    return np.concatenate([quads, np.full((*quads.shape[:2], 1), layer * LAYER)], axis=2)


def _field(track: TrackDefinition) -> Array:
    field = track.field
    x, y = (field.x_min, field.x_max), (field.y_min, field.y_max)
    return np.array([[(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]])


def _walls(track: TrackDefinition) -> Array:
    """Walls on the four sides of the field, visible from inside."""
    corners = _field(track)[0]
    low = np.column_stack([corners, np.zeros(4)])
    high = np.column_stack([corners, np.full(4, track.wall_height)])
    return np.stack([np.roll(low, -1, axis=0), low, high, np.roll(high, -1, axis=0)], axis=1)


def _strip(track: TrackDefinition, left: float, right: float) -> Array:
    """The band between two distances [m] to the left of the centre line, a quad per waypoint."""
    a, b = track.offset(left), track.offset(right)
    if track.closed:
        a, b = np.vstack([a, a[:1]]), np.vstack([b, b[:1]])
    return np.stack([a[:-1], b[:-1], b[1:], a[1:]], axis=1)


def _dashes(track: TrackDefinition) -> Array:
    """Whole dashes from the start on, each straight; a closed track ends with a longer gap."""
    points = track.centre_line
    line = Polyline(np.vstack([points, points[:1]]) if track.closed else points, track.closed)
    period = track.dash.length + track.dash.gap
    start = np.arange(int(track.length / period)) * period
    a, b = line.point_at(start), line.point_at(start + track.dash.length)
    ahead = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    left = track.dash.width / 2 * np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    return np.stack([a + left, a - left, b - left, b + left], axis=1)
