"""A grid of conditions, such as differ from one car, floor and room to the next.

Five quantities have five values each. All 3,125 combinations would take hours, so those 25 are
driven in which every value of a quantity meets every value of each other one exactly once: an
orthogonal array of strength 2 (Rao 1947; Bose and Bush 1952). Fewer trials take its first rows,
which are spread as evenly as can be. More trials repeat the array with other seeds, so that what
the grid does not fix is drawn anew from the level of randomisation.
"""

from __future__ import annotations

import numpy as np

from deepracer_sim.randomisation import LEVELS, Fixed, find_level

QUANTITIES = ("brightness", "latency", "friction", "steering_gain", "camera_pitch")
"""Fields of `randomisation.Level`, which tells their units."""

VALUES = 5
"""Of each quantity: a prime number, or the array below has not its property."""

ROWS = VALUES**2

_MIDDLE_FIRST = (2, 0, 4, 1, 3)
"""The indexes in an order in which the first few are on both sides of the middle."""

_LATENCY_SPAN = 1.0
"""By how much latency is varied around that of a level which keeps it fixed [frames of 66 ms]."""


def orthogonal_array() -> list[tuple[int, ...]]:
    """Rows of indexes from 0 to VALUES - 1, a column for each quantity.

    In row (a, b) the columns are a, b, a + b, a + 2b and a + 3b modulo VALUES. Rows with the same
    a - b follow each other: as that would be a sixth column, each such five hold every index in
    each column.
    """
    pairs = [((b + ahead) % VALUES, b) for ahead in range(VALUES) for b in _MIDDLE_FIRST]
    return [(a, b, *((a + factor * b) % VALUES for factor in (1, 2, 3))) for a, b in pairs]


def grid_ranges(level: str) -> dict[str, tuple[float, float]]:
    """Smallest and largest value of each quantity: those of the level, or of `mild` for `none`.

    Raises:
        SimulationError: there is no such level.
    """
    drawn = find_level(level)
    varied = drawn if drawn != LEVELS["none"] else LEVELS["mild"]
    ranges = {name: getattr(varied, name) for name in QUANTITIES}
    low, high = ranges["latency"]
    if low == high:
        ranges["latency"] = (max(low - _LATENCY_SPAN, 0.0), high + _LATENCY_SPAN)
    return ranges


def grid_settings(level: str, trials: int) -> list[Fixed]:
    """What is fixed in each trial: names and values of `QUANTITIES`.

    Raises:
        SimulationError: there is no such level.
    """
    ranges = grid_ranges(level)
    values = {name: np.linspace(*ranges[name], VALUES).tolist() for name in QUANTITIES}
    rows = orthogonal_array()
    return [
        tuple((name, values[name][index]) for name, index in zip(QUANTITIES, rows[trial % ROWS]))
        for trial in range(trials)
    ]
