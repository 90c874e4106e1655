"""Lanes of the track and what stands on them: where a car may be put."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

CLEAR_DISTANCE = 1.0
"""A place is free if no object is nearer along the centre line [m] (simapp CLOSEST_OBJ_GAP)."""


class Lane(IntEnum):
    """The line that a car is put on; numbers as in DeepRacer's obstacle positions.

    INNER and OUTER lie midway between the centre line and the inner or outer border (simapp).
    """

    OUTER = -1
    CENTRE = 0
    INNER = 1

    @property
    def opposite(self) -> Lane:
        """The lane that is free where an object stands on this one; INNER for the centre line."""
        return Lane.OUTER if self is Lane.INNER else Lane.INNER


@dataclass(frozen=True)
class Placement:
    """A place on the track, for a car or an object.

    `Track.poses_of` turns it into a pose: heading along the lane in driving direction.
    """

    arclength: float
    """Along the centre line from its first point, in driving direction [m]."""
    lane: Lane = Lane.CENTRE
    """Which line."""


def object_near(
    arclength: float,
    objects: Iterable[Placement],
    track_length: float,
    *,
    closed: bool = True,
) -> Placement | None:
    """The object nearest to a point of the centre line, if nearer than `CLEAR_DISTANCE`.

    Distances on a closed track are measured the shorter way round; simapp does not, and so
    overlooks an object just behind the start line when a car is put on it.

    Args:
        arclength: The point [m].
        objects: What stands on the track.
        track_length: Length of the centre line [m].
        closed: Whether the track is a ring.
    """

    def gap(placed: Placement) -> float:
        distance = abs(placed.arclength - arclength)
        if not closed:
            return distance
        distance %= track_length
        return min(distance, track_length - distance)

    nearest = min(objects, key=gap, default=None)
    return nearest if nearest is not None and gap(nearest) < CLEAR_DISTANCE else None
