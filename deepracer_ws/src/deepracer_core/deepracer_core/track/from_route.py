"""Turns a DeepRacer route file into a track definition, as far as one can hold it.

A route has borders of its own; a definition has one width, half of it on each side of the centre
line. AWS' newer routes are built so, too; of older ones the borders move by some centimetres.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepracer_core.errors import TrackError
from deepracer_core.track.definition import Field, TrackDefinition
from deepracer_core.track.track import Track

MARGIN = 1.0  # [m] of floor around the road; re:Invent 2018 has 0.9 to 1.0
MILLIMETRE = 1e-3


@dataclass(frozen=True)
class ImportedRoute:
    """A definition, and what it does not hold of its route."""

    definition: TrackDefinition
    """The track."""
    deviation: float
    """Largest distance of a border point of the route to the border of the definition [m]."""


def import_route(
    path: str | Path, style: TrackDefinition, *, name: str = "", width: float | None = None
) -> ImportedRoute:
    """Read a route file.

    Args:
        path: of the file.
        style: a track whose lines, dashes, walls and colours are taken.
        name: of the track; empty: that of the file, with underscores for what names do not hold.
        width: of the road [m]; None: that of the route, where it varies the median.

    Raises:
        TrackError: the file is no drivable route, or the definition cannot hold it.
    """
    path = Path(path)
    route = Track.from_route(path)
    try:
        definition = replace(
            style,
            name=name or re.sub(r"[^A-Za-z0-9_-]", "_", path.stem),
            closed=route.closed,
            centre_line=route.centre[:-1] if route.closed else route.centre,
            width=_width(route) if width is None else width,
            field=_field(route),
        )
        built = Track.from_definition(definition)
    except TrackError as error:
        raise TrackError(f"{path}: as a road of one width: {error}") from error
    return ImportedRoute(definition, _deviation(route, built))


def _width(route: Track) -> float:
    """Twice the median distance of the borders to the centre line, in whole millimetres."""
    borders = np.vstack((route.inner, route.outer))
    width = 2.0 * float(np.median(route.centre_line.nearest(borders).distance))
    return round(width / MILLIMETRE) * MILLIMETRE


def _field(route: Track) -> Field:
    """The road and a margin around it, in whole centimetres."""
    low_x, low_y, high_x, high_y = route.world_bounds
    return Field(
        round(low_x - MARGIN, 2),
        round(low_y - MARGIN, 2),
        round(high_x + MARGIN, 2),
        round(high_y + MARGIN, 2),
    )


def _deviation(route: Track, built: Track) -> float:
    inner = built.inner_border.nearest(route.inner).distance
    outer = built.outer_border.nearest(route.outer).distance
    return float(max(inner.max(), outer.max()))
