"""Starts of episodes: poses, what is refused, and the start that training chooses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.errors import EpisodeError
from deepracer_core.lane import Lane, Placement
from deepracer_sim.start import MAX_SEED, Start, both_directions, start_at, start_poses
from env_samples import TRACK

TRACKS = both_directions(TRACK)


@pytest.mark.parametrize(
    "fields",
    [
        {"fraction": 1.0},
        {"fraction": -0.1},
        {"fraction": math.nan},
        {"lateral_offset": math.inf},
        {"heading_offset": math.nan},
        {"seed": -1},
        {"seed": MAX_SEED + 1},
    ],
)
def test_impossible_starts_are_refused(fields):
    with pytest.raises(EpisodeError):
        Start(**fields)


@pytest.mark.parametrize("reverse", [False, True])
def test_offsets_are_to_the_left(reverse):
    x, y, yaw = Start(0.3, reverse=reverse).pose(TRACKS)
    start = Start(0.3, reverse=reverse)
    moved = start_poses([start], TRACKS, np.array([0.1]), np.array([0.2]))[0]
    left = (-math.sin(yaw) * (moved[0] - x)) + math.cos(yaw) * (moved[1] - y)
    assert left == pytest.approx(0.1)
    assert moved[2] == pytest.approx(yaw + 0.2)


def test_the_other_direction_is_driven_the_other_way():
    there, back = (Start(reverse=reverse).pose(TRACKS) for reverse in (False, True))
    assert back[:2] == pytest.approx(there[:2])
    assert math.cos(back[2] - there[2]) < -0.9


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("lane", Lane)
def test_lanes_become_offsets(lane, reverse):
    placement = Placement(5.0, lane)
    start = start_at(placement, TRACKS, reverse=reverse, seed=7)
    assert (start.reverse, start.seed) == (reverse, 7)
    on_lane = TRACKS[reverse].poses_of([placement])[0]
    assert start.pose(TRACKS)[:2] == pytest.approx(on_lane[:2], abs=0.01)


def test_the_end_of_the_line_is_no_start():
    start = start_at(Placement(TRACK.length), TRACKS, reverse=False, seed=0)
    assert start.fraction < 1.0
    assert start.pose(TRACKS) == pytest.approx(TRACK.poses_at(np.nextafter(1.0, 0.0))[0])
