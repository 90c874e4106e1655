"""Where obstacles and bot cars are put on the track: at given places, evenly, or at random."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from deepracer_core.errors import ConfigError
from deepracer_core.lane import Lane, Placement
from deepracer_core.objects import BOX, ObjectKind, ObjectStates
from deepracer_core.track.polyline import FloatArray
from deepracer_core.track.track import Track

MIN_DISTANCE = 2.0
"""Least way between two objects, and from the start to the first [m].

simapp reads this number as percent of the track for obstacles, but as metres for bot cars. Metres
are meant here for both; pass 0.02 * track length for simapp's obstacles.
"""

END_GAP = 1.0
"""Way that is kept free before the end of the lap [m] (simapp)."""


def parse_placement(text: str, track_length: float) -> Placement:
    """Read an obstacle position of simapp: share of the lap and lane, such as "0.23,-1".

    Args:
        text: share of the track from 0 to 1, comma, 1 for the inner lane or -1 for the outer one.
        track_length: length of the centre line [m].

    Raises:
        ConfigError: the text does not have this form.
    """
    try:
        share_text, lane_text = text.split(",")
        share, lane = float(share_text), Lane(int(lane_text))
    except ValueError as error:
        raise _wrong_position(text) from error
    if not 0.0 <= share <= 1.0 or lane is Lane.CENTRE:
        raise _wrong_position(text)
    return Placement(share * track_length, lane)


def even_placements(
    count: int, track_length: float, min_distance: float = MIN_DISTANCE
) -> list[Placement]:
    """Spread objects evenly, on alternating lanes beginning with the inner one (simapp).

    Args:
        count: number of objects.
        track_length: length of the centre line [m].
        min_distance: see `MIN_DISTANCE` [m].

    Raises:
        ConfigError: so many objects do not fit.
    """
    spots = _even_spots(count, track_length, min_distance)
    lanes = (Lane.INNER, Lane.OUTER)
    return [Placement(float(spot), lanes[index % 2]) for index, spot in enumerate(spots)]


def random_placements(
    count: int,
    track_length: float,
    rng: np.random.Generator,
    min_distance: float = MIN_DISTANCE,
) -> list[Placement]:
    """Put objects at random places on random lanes, each at least `min_distance` from the others.

    Evenly spread objects are moved one after the other, in random order, to any place between
    their neighbours (simapp).

    Args:
        count: number of objects.
        track_length: length of the centre line [m].
        rng: source of randomness; the same seed gives the same places.
        min_distance: see `MIN_DISTANCE` [m].

    Raises:
        ConfigError: so many objects do not fit.
    """
    spots = _even_spots(count, track_length, min_distance)
    for index in rng.permutation(count):
        low = spots[index - 1] + min_distance if index > 0 else min_distance
        high = spots[index + 1] - min_distance if index < count - 1 else track_length - END_GAP
        spots[index] = rng.uniform(low, max(low, high))
    lanes = rng.choice((Lane.INNER, Lane.OUTER), size=count)
    return [Placement(float(spot), Lane(int(lane))) for spot, lane in zip(spots, lanes)]


def place_obstacles(
    track: Track, worlds: Sequence[Sequence[Placement]], kind: ObjectKind = BOX
) -> ObjectStates:
    """Put obstacles of one kind into N worlds, M in each, along their lanes."""
    poses = np.stack([track.poses_of(placements) for placements in worlds])
    return ObjectStates((kind,) * poses.shape[1], poses, np.zeros(poses.shape[:2]))


def _wrong_position(text: str) -> ConfigError:
    return ConfigError(
        f"object position {text!r}: give a share of the lap from 0 to 1, a comma, and 1 for the "
        'inner or -1 for the outer lane, such as "0.23,-1"'
    )


def _even_spots(count: int, track_length: float, min_distance: float) -> FloatArray:
    """Arclengths (count,) [m] from the least distance after the start to the gap before the end."""
    room = track_length - END_GAP - min_distance
    fit = 0 if room < 0.0 else 1 + math.floor(room / min_distance)
    if not 0 <= count <= fit:
        raise ConfigError(
            f"{count} objects, but 0 to {fit} fit on {track_length:.2f} m with {min_distance:g} m "
            "between them; take fewer or a smaller distance"
        )
    return np.linspace(min_distance, track_length - END_GAP, count)
