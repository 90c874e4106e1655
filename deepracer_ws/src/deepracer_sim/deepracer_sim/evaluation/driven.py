"""What was driven in an evaluation, lap by lap: read from its folder for pictures and video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import MetricsError
from deepracer_core.sim_trace import TraceRow
from deepracer_core.trace_file import evaluation_trace_path, read_trace
from deepracer_core.track.track import Track

from deepracer_sim.engine import CONTROL_PERIOD, Floats
from deepracer_sim.evaluation.folder import RESULTS
from deepracer_sim.evaluation.results import Results, read_results
from deepracer_sim.start import both_directions
from deepracer_sim.worlds import find_track

# Larger jumps between two steps are resets of the car [m]; 4 m/s are 0.26 m.
_LONGEST_STEP = 0.5


@dataclass(frozen=True)
class Lap:
    """The rows of one lap while the car was free to drive, in order.

    Attributes:
        trial: Number of its trial, from 1.
        rows: Rows of the trace.
        points: (N, 2) front of the car [m].
        speeds: (N,) over the ground [m/s], from one row to the next; NaN where the car was reset.
        arclengths: (N,) way along the centre line in driving direction [m].
    """

    trial: int
    rows: Sequence[TraceRow]
    points: Floats
    speeds: Floats
    arclengths: Floats

    @property
    def status(self) -> EpisodeStatus:
        """How it ended; in progress if the trace was cut off."""
        return self.rows[-1].status or EpisodeStatus.IN_PROGRESS


@dataclass(frozen=True)
class Driven:
    """An evaluation with its laps.

    Attributes:
        results: What results.json holds.
        track: In driving direction.
        laps: All laps, in order.
    """

    results: Results
    track: Track
    laps: Sequence[Lap]


def read_driven(folder: Path) -> Driven:
    """Read the folder of an evaluation.

    Raises:
        StorageError: a file cannot be read.
        MetricsError: results.json is malformed, or nothing was driven.
        TraceError: the trace is malformed.
        TrackError: the track is not found.
    """
    results = read_results(folder / RESULTS)
    forward, backward = both_directions(Track.from_definition(find_track(results.track)))
    track = backward if results.config.get("reverse") else forward
    rows = read_trace(evaluation_trace_path(folder))
    trials = {lap.trial - 1: trial.number for trial in results.trials for lap in trial.laps}
    laps = [
        _lap(track, trials.get(episode, len(results.trials) + 1), list(group))
        for episode, group in groupby(_free(rows), key=lambda row: row.episode)
    ]
    if not laps:
        raise MetricsError(f"{folder} holds no step that was driven; evaluate the model again")
    return Driven(results, track, laps)


def _free(rows: Sequence[TraceRow]) -> Iterator[TraceRow]:
    """The rows in which the car was not held."""
    held = EpisodeStatus.PAUSE, EpisodeStatus.PARK
    return (row for row in rows if row.status not in held)


def _lap(track: Track, trial: int, rows: list[TraceRow]) -> Lap:
    points = np.array([(row.x, row.y) for row in rows])
    steps = np.hypot(*np.diff(points, axis=0).T)
    speeds = np.append(steps / CONTROL_PERIOD, np.nan)
    if len(steps):
        speeds[:-1][steps > _LONGEST_STEP] = np.nan
        speeds[-1] = speeds[-2]
    return Lap(trial, rows, points, speeds, track.project(points).arclength)
