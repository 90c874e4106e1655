"""Folders of evaluations that nobody has driven: a car on rails, with known speeds and rewards."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from deepracer_core.episode import EpisodeStatus
from deepracer_core.evaluation_report import TrialResult
from deepracer_core.sim_trace import TraceRow
from deepracer_core.track.track import Track
from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.evaluation.config import EvaluationConfig
from deepracer_sim.evaluation.folder import EvaluationFolder
from deepracer_sim.evaluation.results import Results, Trial
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

SPEED = 2.0  # [m/s]
HELD = 3
"""Rows at the end of a lap in which the car is held."""


def on_rails(
    folder: Path,
    *endings: EpisodeStatus,
    reverse: bool = False,
    steps: int = 100,
    model: str = "sample",
    engine: str = "planar",
    obstacles: ObjectPlan | None = None,
) -> Path:
    """Write an evaluation of one lap for each ending, along the centre line at `SPEED`.

    The reward of a step is the number of the lap, from 1.
    """
    track = Track.from_definition(find_track(DEFAULT_TRACK))
    track = track.reversed() if reverse else track
    writer = EvaluationFolder(folder)
    trials = []
    for number, ending in enumerate(endings):
        rows = _rows(track, number, ending, steps)
        writer.append(rows)
        lap = TrialResult(number + 1, ending, rows[-1].progress, rows[0].time, rows[-1].time)
        trials.append(Trial(number + 1, number, 1, (lap,)))
    race = {} if obstacles is None else {"race_type": "object_avoidance", "objects": obstacles}
    config = EvaluationConfig(reverse=reverse, engine=engine, **race).to_dict()
    created = "2026-11-27T00:00:00+00:00"
    writer.write(Results(model, DEFAULT_TRACK, created, config, tuple(trials), True))
    writer.close()
    return folder


def _rows(track: Track, lap: int, ending: EpisodeStatus, steps: int) -> list[TraceRow]:
    fractions = np.arange(steps) * SPEED * CONTROL_PERIOD / track.length
    poses = track.poses_at(fractions)
    waypoints = track.closest_waypoints(fractions * track.length)[:, 0]
    statuses = [EpisodeStatus.PREPARE, *[EpisodeStatus.IN_PROGRESS] * (steps - 2), ending]
    statuses += [EpisodeStatus.PAUSE] * HELD
    last = steps - 1
    return [
        TraceRow(
            episode=lap,
            steps=index + 1,
            x=float(poses[min(index, last), 0]),
            y=float(poses[min(index, last), 1]),
            yaw=math.degrees(poses[min(index, last), 2]),
            steering_angle=10.0,
            speed=SPEED,
            action=(10.0, SPEED),
            reward=0.0 if status is EpisodeStatus.PAUSE else lap + 1.0,
            done=status is ending,
            all_wheels_on_track=True,
            progress=100.0 * float(fractions[min(index, last)]),
            closest_waypoint=int(waypoints[min(index, last)]),
            track_length=track.length,
            time=(lap * (steps + HELD) + index) * CONTROL_PERIOD,
            status=status,
            pause_duration=0.0,
            object_crashes=0,
            wall_clock=0.0,
        )
        for index, status in enumerate(statuses)
    ]
