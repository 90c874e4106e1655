"""Tracks and places that the tests of pictures share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from deepracer_core.track.definition import (
    Colours,
    DashPattern,
    Field,
    TrackDefinition,
    load_definition,
)
from deepracer_sim.engine import nominal_conditions

ROOT = Path(__file__).parents[4]
TRACK = load_definition(ROOT / "worlds/reinvent_2018/track.yaml")
LUMA = np.array([0.299, 0.587, 0.114])

STRAIGHT = TrackDefinition(
    name="straight",
    closed=False,
    centre_line=np.column_stack((np.linspace(0.0, 6.0, 13), np.zeros(13))),
    width=1.0,
    line_width=0.1,
    dash=DashPattern(length=0.5, gap=0.5, width=0.1),
    field=Field(-2.0, -3.0, 10.0, 3.0),
    wall_height=1.0,
    colours=Colours((90, 130, 100), (40, 70, 80), (30, 40, 50), (200, 200, 190), (190, 120, 0)),
)
"""Along x; dash k lies between x = k and k + 0.5, y = -0.05 and 0.05."""


def with_field(definition, *bounds):
    return replace(definition, field=Field(*bounds))


def places(count=12):
    """Poses (count, 3) on the centre line of TRACK, all around it."""
    line = TRACK.centre_line
    first = np.linspace(0, len(line), count, endpoint=False).astype(int)
    ahead = line[(first + 1) % len(line)] - line[first]
    return np.column_stack((line[first], np.arctan2(ahead[:, 1], ahead[:, 0])))


def conditions(cars=1, **changes):
    """Nominal conditions but for some, each a number or an array of (cars,)."""
    nominal = nominal_conditions(cars)
    rows = {
        name: np.resize(np.asarray(value, getattr(nominal, name).dtype), cars)
        for name, value in changes.items()
    }
    return replace(nominal, **rows)
