"""Progress: the share of the lap that is done, with DeepRacer's rules at the finish line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_core.errors import EpisodeError
from deepracer_core.track.polyline import BoolArray, FloatArray

COMPLETE = 100.0  # [%]
HALF_LAP = 50.0  # [%] a larger change in one step means that the finish line was crossed


def lap_progress(fraction: ArrayLike, start: ArrayLike, previous: ArrayLike) -> FloatArray:
    """Progress on a closed track (simapp).

    The reference point of a car put on the start is 0.14 m ahead of it, so a lap begins at 0.8 % on
    re:Invent 2018. Progress follows the projection: cutting across the infield can gain up to 50 %
    in one step. Driving backwards over the start line gives small negative values.

    Args:
        fraction: (N,) place on the centre line in driving direction, 0 to 1 (`Projection`).
        start: (N,) the same of the start.
        previous: (N,) progress of the step before [%]; 0 at the start and after a complete lap.

    Returns:
        (N,) progress [%], at most 100.
    """
    previous = np.asarray(previous, dtype=np.float64)
    progress = COMPLETE * np.subtract(fraction, start, dtype=np.float64)
    progress = np.where(progress <= 0.0, progress + COMPLETE, progress)
    progress = np.where(previous > progress + HALF_LAP, progress + COMPLETE, progress)
    progress = np.where(progress > previous + HALF_LAP, progress - COMPLETE, progress)
    return np.minimum(progress, COMPLETE)


def stretch_progress(fraction: ArrayLike, start: ArrayLike) -> FloatArray:
    """Progress on an open track: the share of the way from the start to the end of the line.

    There is nothing to wrap around. From the beginning of the line this equals simapp; from a start
    further on simapp never gets to 100, while here the end of the line always does.

    Args:
        fraction: (N,) place on the centre line in driving direction, 0 to 1.
        start: (N,) the same of the start, below 1.

    Returns:
        (N,) progress [%], negative behind the start.
    """
    start = np.asarray(start, dtype=np.float64)
    progress: FloatArray = COMPLETE * np.subtract(fraction, start) / (1.0 - start)
    return progress


class ProgressMeter:
    """Follows the progress of N cars through their laps.

    Attributes:
        start: (N,) place of the start on the centre line in driving direction, 0 to below 1.
        previous: (N,) what the next progress is compared with [%]: that of the last step, or 0 at
            the start and after a complete lap.
    """

    def __init__(self, cars: int, *, closed: bool = True) -> None:
        """Start `cars` cars at 0; `closed` tells whether the track is a loop."""
        self.start: FloatArray = np.zeros(cars)
        self.previous: FloatArray = np.zeros(cars)
        self._closed = closed

    def reset(
        self, start: ArrayLike, cars: BoolArray | NDArray[np.intp] | slice = slice(None)
    ) -> None:
        """Begin an episode for the chosen cars, by default all, at these places of the centre line.

        Raises:
            EpisodeError: a place is not in [0, 1).
        """
        start = np.asarray(start, dtype=np.float64)
        if not ((start >= 0.0) & (start < 1.0)).all():
            raise EpisodeError(
                f"start fraction {start}: give a share of the track from 0 to below 1"
            )
        self.start[cars] = start
        self.previous[cars] = 0.0

    def update(self, fraction: ArrayLike) -> FloatArray:
        """Progress (N,) [%] of all cars at their places (N,) on the centre line, 0 to 1."""
        if self._closed:
            progress = lap_progress(fraction, self.start, self.previous)
        else:
            progress = stretch_progress(fraction, self.start)
        self.previous = np.where(progress == COMPLETE, 0.0, progress)
        return progress
