"""Where and how an episode starts: what the service ResetCar says, and how training chooses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from deepracer_core.errors import EpisodeError
from deepracer_core.lane import Lane, Placement
from deepracer_core.track.track import Track

from deepracer_sim.engine import Floats

MAX_SEED = 2**64 - 1
"""Largest seed of an episode: a uint64 of the service ResetCar."""

MAX_TIME = 86_400.0
"""Longest time that a race or a penalty may last [s]."""

_LAST_FRACTION = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True)
class Start:
    """Start of an episode; the fields of the service ResetCar.

    Raises:
        EpisodeError: a field is not finite or out of range.
    """

    fraction: float = 0.0
    """Place on the centre line as share of its length in driving direction, 0 to below 1."""
    lateral_offset: float = 0.0
    """Distance to the left of the centre line [m]."""
    heading_offset: float = 0.0
    """Heading relative to the centre line [rad], left positive."""
    reverse: bool = False
    """Whether the track is driven against the direction of its definition."""
    seed: int = 0
    """Decides everything that is random in the episode; 0 to `MAX_SEED`."""
    race_time: float = 0.0
    """Time since the start of the race [s]: bot cars are where they are then."""
    hold: float = 0.0
    """Time for which the car stands, whatever it is told [s]."""
    settings: tuple[tuple[str, float], ...] = ()
    """Names and values of `randomisation.Level` quantities that are not drawn."""

    def __post_init__(self) -> None:
        for name in ("lateral_offset", "heading_offset"):
            if not isfinite(getattr(self, name)):
                raise EpisodeError(f"start: {name} is not finite; give a number")
        for name in ("race_time", "hold"):
            if not 0.0 <= getattr(self, name) <= MAX_TIME:
                raise EpisodeError(f"start: {name} {getattr(self, name)}; give 0 to {MAX_TIME:g} s")
        if not 0.0 <= self.fraction < 1.0:
            raise EpisodeError(
                f"start: fraction {self.fraction}; give a share of the track from 0 to below 1"
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise EpisodeError(f"start: seed {self.seed}; give a whole number from 0 to 2^64 - 1")

    def pose(self, tracks: Tracks) -> Floats:
        """Pose (3,) x, y [m], yaw [rad] of base_link."""
        nowhere = np.zeros(1)
        return start_poses([self], tracks, nowhere, nowhere)[0]


Tracks = tuple[Track, Track]
"""A track as it is defined, and driven the other way."""


def both_directions(track: Track) -> Tracks:
    """The track and its reverse, to be indexed by `Start.reverse`."""
    return track, track.reversed()


def start_poses(starts: Sequence[Start], tracks: Tracks, left: Floats, turn: Floats) -> Floats:
    """Poses (K, 3) x, y [m], yaw [rad] of base_link at K starts.

    Args:
        starts: of the cars.
        tracks: both directions.
        left: (K,) by how much each start is moved to the left [m].
        turn: (K,) and turned to the left [rad].
    """
    fraction = np.array([start.fraction for start in starts])
    lateral = np.array([start.lateral_offset for start in starts]) + left
    heading = np.array([start.heading_offset for start in starts]) + turn
    reverse = np.array([start.reverse for start in starts], np.bool_)
    poses = np.empty((len(starts), 3))
    for track, rows in zip(tracks, (~reverse, reverse)):
        if rows.any():
            poses[rows] = track.poses_at(fraction[rows], lateral[rows])
    poses[:, 2] += heading
    return poses


def start_at(placement: Placement, tracks: Tracks, *, reverse: bool, seed: int) -> Start:
    """The start for a car that is put on a lane, such as `TrainingStart` chooses it.

    Args:
        placement: in driving direction.
        tracks: both directions.
        reverse: which of them is driven.
        seed: of the episode.
    """
    track = tracks[reverse]
    # The end of an open track is not a start, and rounding may lift a share up to 1.
    fraction = min(placement.arclength / track.length, _LAST_FRACTION)
    left = 0.0
    if placement.lane is not Lane.CENTRE:
        x, y, heading = track.poses_at(fraction)[0]
        on_lane = track.poses_of([placement])[0]
        left = float(np.cos(heading) * (on_lane[1] - y) - np.sin(heading) * (on_lane[0] - x))
    return Start(fraction, left, reverse=reverse, seed=seed)


def start_where(pose: Floats, tracks: Tracks, *, reverse: bool, seed: int) -> Start:
    """The start at a pose: inverse of `Start.pose`, to some millimetres in a bend.

    Args:
        pose: (3,) x, y [m], yaw [rad] of base_link.
        tracks: both directions.
        reverse: which of them is driven.
        seed: of the episode.
    """
    track = tracks[reverse]
    fraction = min(float(track.project(pose[None, :2]).fraction[0]), _LAST_FRACTION)
    x, y, heading = track.poses_at(fraction)[0]
    left = float(np.cos(heading) * (pose[1] - y) - np.sin(heading) * (pose[0] - x))
    turn = float((pose[2] - heading + np.pi) % (2.0 * np.pi) - np.pi)
    return Start(fraction, left, turn, reverse, seed)
