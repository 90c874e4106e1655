"""Bot cars: where they are follows from the time, along their lane and from lane to lane."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.bot_car import (
    LANE_CHANGE_DISTANCE,
    BotCars,
    start_bot_cars,
    with_lane_changes,
)
from deepracer_core.errors import ConfigError
from deepracer_core.lane import Lane, Placement
from deepracer_core.object_placement import even_placements
from deepracer_core.objects import BOT_CAR
from deepracer_core.track.track import Track
from track_samples import TRACKS, bent_rows, name_of, square_rows, track_of

SQUARE = track_of(square_rows())


def one_bot(arclength: float, lane: Lane, *changes: float) -> BotCars:
    """A single bot car at 0.5 m/s with lane changes at given times."""
    bots = start_bot_cars([[Placement(arclength, lane)]], speed=0.5)
    return BotCars(bots.start, bots.side, bots.speed, np.array([[changes]], dtype=float))


def test_along_the_lane_by_hand() -> None:
    bots = start_bot_cars([[Placement(1.0, Lane.INNER)], [Placement(6.0, Lane.OUTER)]], 0.5)
    states = bots.states(SQUARE, [2.0, 0.0])
    assert states.kinds == (BOT_CAR,)
    assert states.speed.tolist() == [[0.5], [0.5]]
    expected = np.array([[(2, 0.25, 0)], [(4.25, 2, math.pi / 2)]])
    assert states.poses == pytest.approx(expected)


def test_a_lap_later_it_is_where_it_was() -> None:
    bots = start_bot_cars([[Placement(3.0, Lane.OUTER)]], 0.5)
    lap = SQUARE.length / 0.5
    assert bots.states(SQUARE, lap).poses == pytest.approx(bots.states(SQUARE, 0.0).poses)


def test_a_lane_change_takes_one_metre_and_is_smooth() -> None:
    """From the inner lane, y = 0.25, to the outer one, y = -0.25, between x = 1 and 2."""
    bots = one_bot(0.5, Lane.INNER, 1.0)
    times = np.array([0.9, 1.0, 2.0, 3.0, 3.1])
    poses = np.array([bots.states(SQUARE, time).poses[0, 0] for time in times])
    assert poses[:, 0] == pytest.approx([0.95, 1.0, 1.5, 2.0, 2.05], abs=0.26)
    assert poses[:, 1] == pytest.approx([0.25, 0.25, 0.0, -0.25, -0.25], abs=1e-9)
    assert poses[0, 2] == pytest.approx(0.0, abs=0.01)
    assert poses[2, 2] < -0.4  # halfway it drives across


def test_lane_changes_alternate() -> None:
    bots = one_bot(0.2, Lane.OUTER, 0.4, 3.0)
    sides = [bots.states(SQUARE, time).poses[0, 0, 1] for time in (0.3, 2.6, 5.2)]
    assert sides == pytest.approx([-0.25, 0.25, -0.25])


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_bots_stay_on_the_road_look_ahead_and_never_jump(track: Track) -> None:
    rng = np.random.default_rng(5)
    worlds = [even_placements(1, track.length)] * 2
    bots = with_lane_changes(start_bot_cars(worlds, 1.0), rng, horizon=60.0)
    end = 30.0 if track.closed else 3.5
    times = np.arange(0.0, end, 0.1)
    poses = np.stack([bots.states(track, time).poses[:, 0] for time in times])
    assert track.on_road(poses[..., :2]).all()
    steps = np.diff(poses, axis=0)
    driven = np.hypot(steps[..., 0], steps[..., 1])
    assert driven.max() < 0.35  # at 1 m/s, more on the outer side of sharp corners
    ahead = np.cos(poses[:-1, :, 2]) * steps[..., 0] + np.sin(poses[:-1, :, 2]) * steps[..., 1]
    assert (ahead > 0.5 * driven).all()


def test_random_lane_changes_keep_their_pauses_and_repeat() -> None:
    bots = start_bot_cars([even_placements(3, 16.0)] * 4, 0.2)
    times = with_lane_changes(bots, np.random.default_rng(1), horizon=120.0).lane_changes
    again = with_lane_changes(bots, np.random.default_rng(1), horizon=120.0).lane_changes
    assert (times == again).all()
    assert times.shape[:2] == (4, 3)
    duration = LANE_CHANGE_DISTANCE / 0.2
    pauses = np.diff(times, axis=-1) - duration
    assert times[..., 0].min() >= 3.0
    assert pauses.min() >= 3.0
    assert pauses.max() <= 5.0
    assert times[..., -1].min() > 120.0 - 5.0 - duration


def test_on_an_open_track_they_stop_at_its_end() -> None:
    track = track_of(bent_rows())
    bots = start_bot_cars([[Placement(track.length - 1.0, Lane.INNER)]], 0.5)
    before, after, later = (bots.states(track, time) for time in (1.9, 2.1, 50.0))
    assert (before.speed, after.speed) == (np.array([[0.5]]), np.array([[0.0]]))
    assert later.poses == pytest.approx(after.poses)
    end = (track.centre[-1] + track.inner[-1]) / 2.0
    assert later.poses[0, 0, :2] == pytest.approx(end)
    assert later.poses[0, 0, 2] == pytest.approx(track.centre_line.heading[-1], abs=0.1)


def test_reversed_tracks_are_driven_the_other_way() -> None:
    bots = start_bot_cars([[Placement(1.0, Lane.INNER)]], 0.5)
    pose = bots.states(SQUARE.reversed(), 2.0).poses[0, 0]
    assert pose == pytest.approx([0.25, 2.0, math.pi / 2])


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan])
def test_bots_that_do_not_drive_are_refused(speed: float) -> None:
    with pytest.raises(ConfigError, match="give one above 0 m/s"):
        start_bot_cars([[Placement(1.0, Lane.INNER)]], speed)


def test_bots_on_the_centre_line_are_refused() -> None:
    with pytest.raises(ConfigError, match="give the inner or the outer lane"):
        start_bot_cars([[Placement(1.0)]])
