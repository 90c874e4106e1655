"""Traces of a training: whole iterations, all over it, and never more than a bound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.start_position import TrainingStart
from deepracer_core.trace_file import read_trace
from deepracer_sim.engine import CarStates, planar_orientation
from deepracer_sim.training import trace_log
from deepracer_sim.training.moments import Moment
from deepracer_sim.training.trace_log import TraceLog
from env_samples import TRACK

ROWS = 3


def make_log(folder: Path) -> TraceLog:
    return TraceLog(folder, TRACK, TrainingStart())


def a_moment(episode: int, step: int) -> Moment:
    pose = TRACK.poses_at(0.25)
    states = CarStates(
        np.append(pose[:, :2], [[0.0]], axis=1),
        planar_orientation(pose[:, 2]),
        *(np.zeros((1, 2)), np.zeros(1), np.zeros((1, 6))),
    )
    return Moment(
        states=states,
        image=np.zeros((2, 2, 1), np.uint8),
        action=3,
        steering_angle=0.1,
        speed=1.0,
        reward=0.5,
        episode_reward=0.5,
        progress=25.0,
        status=EpisodeStatus.IN_PROGRESS,
        done=False,
        episode=episode,
        step=step,
        time=0.066 * step,
    )


def drive(log: TraceLog, iterations: range) -> None:
    for iteration in iterations:
        for step in range(1, ROWS + 1):
            log.watch(a_moment(iteration, step))
        log.write(iteration)


def written(folder: Path) -> list[int]:
    """The iterations that left a file, each with all rows of its own."""
    files = (folder / "training-simtrace").iterdir()
    numbers = sorted(int(file.name.partition("-")[0]) for file in files)
    for number in numbers:
        rows = read_trace(folder / "training-simtrace" / f"{number}-iteration.csv")
        assert [(row.episode, row.steps) for row in rows] == [(number, s) for s in (1, 2, 3)]
    return numbers


@pytest.fixture(params=["files", "bytes"])
def bound(request, monkeypatch, tmp_path):
    """At most five files, or as many bytes as five files have."""
    if request.param == "files":
        monkeypatch.setattr(trace_log, "MAX_FILES", 5)
        return
    drive(make_log(tmp_path / "one"), range(1))
    size = (tmp_path / "one" / "training-simtrace" / "0-iteration.csv").stat().st_size
    monkeypatch.setattr(trace_log, "MAX_BYTES", 5 * size + size // 2)


@pytest.mark.usefixtures("bound")
def test_few_files_all_over_the_training(tmp_path):
    log = make_log(tmp_path)
    drive(log, range(5))
    assert written(tmp_path) == [0, 1, 2, 3, 4]
    drive(log, range(5, 9))
    assert written(tmp_path) == [0, 2, 4, 6, 8]
    drive(make_log(tmp_path), range(9, 30))  # a training that goes on
    assert written(tmp_path) == [0, 8, 16, 24]
