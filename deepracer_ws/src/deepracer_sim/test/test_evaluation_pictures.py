"""Pictures of an evaluation: what they are drawn from, and what is to be seen on them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import MetricsError, StorageError, TraceError
from deepracer_core.trace_file import evaluation_trace_path
from deepracer_sim.cli.plot_evaluation import main
from deepracer_sim.evaluation.driven import Driven, read_driven
from deepracer_sim.evaluation.pictures import (
    DRIVEN_LINE,
    REWARDS,
    SPEED_AND_STEERING,
    driven_line,
    rewards,
    speed_and_steering,
)
from matplotlib.collections import LineCollection
from rails_samples import SPEED, on_rails

OFF, COMPLETE = EpisodeStatus.OFF_TRACK, EpisodeStatus.LAP_COMPLETE


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return on_rails(tmp_path_factory.mktemp("evaluation"), COMPLETE, OFF)


@pytest.fixture(scope="module")
def driven(folder) -> Driven:
    return read_driven(folder)


def test_laps_are_read_without_the_time_in_which_the_car_is_held(driven):
    assert [(lap.trial, lap.status, len(lap.rows)) for lap in driven.laps] == [
        (1, COMPLETE, 100),
        (2, OFF, 100),
    ]
    for lap in driven.laps:
        np.testing.assert_allclose(lap.speeds, SPEED, rtol=0.02)
        np.testing.assert_allclose(np.diff(lap.arclengths), SPEED * 0.066, atol=1e-3)


def test_a_lap_in_the_other_direction_is_measured_in_it(tmp_path):
    driven = read_driven(on_rails(tmp_path, COMPLETE, reverse=True))
    assert driven.track.is_reversed
    assert (np.diff(driven.laps[0].arclengths) > 0).all()


def test_where_the_car_was_put_back_it_has_no_speed(tmp_path):
    folder = on_rails(tmp_path, COMPLETE)
    path = evaluation_trace_path(folder)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:20] + lines[40:]))
    (lap,) = read_driven(folder).laps
    assert np.flatnonzero(np.isnan(lap.speeds)).tolist() == [18]


def test_the_driven_line_is_drawn_in_the_colours_of_the_speed(driven):
    axes = driven_line(driven).axes[0]
    lines = [item for item in axes.collections if isinstance(item, LineCollection)]
    assert len(lines) == 2
    for line, lap in zip(lines, driven.laps):
        assert len(line.get_segments()) == len(lap.rows) - 1
        np.testing.assert_allclose(line.get_segments()[7], lap.points[7:9])
        assert line.get_colors().std(axis=0).max() < 0.02  # one speed, one colour
    (mark,) = [item for item in axes.lines if item.get_marker() == "x"]
    np.testing.assert_allclose(np.ravel(mark.get_data()), driven.laps[1].points[-1])
    assert "2: Off track" in {text.get_text() for text in axes.texts}


def test_speed_and_steering_run_along_the_track(driven):
    speeds, angles = speed_and_steering(driven).axes
    means = {line.get_label(): line for line in (*speeds.lines, *angles.lines)}
    over_ground = means["over the ground"].get_ydata()
    driven_way = np.isfinite(over_ground)
    np.testing.assert_allclose(over_ground[driven_way], SPEED, rtol=0.02)
    assert 0.7 < driven_way.mean() < 0.8  # 100 steps make three quarters of the lap
    steered = means["commanded"].get_ydata()
    np.testing.assert_allclose(steered[np.isfinite(steered)], 10.0)


def test_rewards_are_those_of_each_waypoint(driven):
    bars = rewards(driven).axes[1].patches
    assert {bar.get_height() for bar in bars} == {1.5}  # of 1 and 2
    centres = [round(bar.get_x() + bar.get_width() / 2) for bar in bars]
    assert all(one < other for one, other in pairwise(centres))
    assert centres[0] == 0


def test_the_command_writes_all_pictures(folder, capsys):
    assert main([str(folder)]) == 0
    told = capsys.readouterr().out
    for name in (DRIVEN_LINE, SPEED_AND_STEERING, REWARDS):
        assert str(folder / name) in told
        image = cv2.imread(str(folder / name))
        assert image.shape[1] == 1100
        assert image.std() > 10


def test_what_is_no_evaluation_is_told(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "results.json: No such file" in capsys.readouterr().err
    folder = on_rails(tmp_path / "empty", COMPLETE)
    path = evaluation_trace_path(folder)
    header = path.read_text().splitlines(keepends=True)[0]
    path.write_text(header)
    with pytest.raises(MetricsError, match="no step that was driven"):
        read_driven(folder)
    path.write_text(header + "1,2,3\n")
    with pytest.raises(TraceError):
        read_driven(folder)
    path.unlink()
    with pytest.raises(StorageError):
        read_driven(folder)
