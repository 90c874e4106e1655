"""Progress: DeepRacer's rules at the finish line, laps on every track, and open tracks."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.car_location import locate_cars
from deepracer_core.errors import EpisodeError
from deepracer_core.progress import ProgressMeter, lap_progress, stretch_progress
from deepracer_core.track.track import Track
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, ROUTE_FILES, TRACKS, bent_rows, name_of, track_of

STEP = 0.05  # [m]
shares = st.floats(0.0, 1.0, allow_nan=False)


@pytest.mark.parametrize(
    ("fraction", "start", "previous", "progress"),
    [
        (0.3, 0.0, 29.0, 30.0),
        (0.3, 0.25, 4.0, 5.0),
        (0.1, 0.9, 19.0, 20.0),  # wraps: -80 + 100
        (0.0, 0.0, 0.0, 0.0),  # on the start line: 0 + 100 - 100
        (0.99, 0.0, 0.0, -1.0),  # backwards over the start line
        (0.88, 0.9, 1.0, -2.0),
        (0.0, 0.0, 50.0, 100.0),  # nothing done counts as all done
        (0.01, 0.0, 99.5, 100.0),  # over the finish line: 1 + 100, cut to 100
        (0.5, 0.0, 99.9, 50.0),  # back by less than half a lap is believed
        (0.49, 0.0, 99.5, 100.0),  # more than half a lap back is the finish line
        (0.6, 0.0, 10.0, 60.0),  # a gain of exactly half a lap is believed
        (0.61, 0.0, 10.0, -39.0),  # a larger one is backwards over the line
    ],
)
def test_rules_by_hand(fraction: float, start: float, previous: float, progress: float) -> None:
    assert lap_progress([fraction], [start], [previous]) == pytest.approx([progress])


@REPEATABLE
@given(shares, shares, st.floats(-50.0, 100.0))
def test_rules_equal_the_published_steps(fraction: float, start: float, previous: float) -> None:
    """The steps of the definition, one car at a time."""
    p = 100.0 * (fraction - start)
    if p <= 0.0:
        p += 100.0
    if previous > p + 50.0:
        p += 100.0
    if p > previous + 50.0:
        p -= 100.0
    assert lap_progress([fraction], [start], [previous]) == pytest.approx([min(p, 100.0)])


def test_a_new_lap_begins_after_a_complete_one() -> None:
    meter = ProgressMeter(1)
    laps = [meter.update([place])[0] for place in (0.2, 0.6, 0.99, 0.01, 0.02, 0.5)]
    assert laps == pytest.approx([20.0, 60.0, 99.0, 100.0, 2.0, 50.0])


def test_cars_are_independent_and_reset_alone() -> None:
    meter = ProgressMeter(3)
    meter.reset([0.0, 0.5, 0.9])
    assert meter.update([0.1, 0.6, 0.0]) == pytest.approx([10.0, 10.0, 10.0])
    meter.reset(0.25, np.array([False, True, False]))
    assert meter.previous == pytest.approx([10.0, 0.0, 10.0])
    assert meter.update([0.2, 0.3, 0.1]) == pytest.approx([20.0, 5.0, 20.0])


@pytest.mark.parametrize("start", [-0.1, 1.0, np.nan, [0.2, 1.5]])
def test_an_impossible_start_is_refused(start: float | list[float]) -> None:
    with pytest.raises(EpisodeError, match="give a share of the track from 0 to below 1"):
        ProgressMeter(2).reset(start)


def test_an_open_track_is_done_at_its_end_from_any_start() -> None:
    assert stretch_progress([0.0, 0.5, 1.0], 0.0) == pytest.approx([0.0, 50.0, 100.0])
    assert stretch_progress([0.4, 0.5, 0.75, 1.0], 0.5) == pytest.approx([-20.0, 0.0, 50.0, 100.0])
    meter = ProgressMeter(1, closed=False)
    assert [meter.update([place])[0] for place in (0.1, 0.9, 1.0)] == pytest.approx([10, 90, 100])


def drive(track: Track, start: float) -> tuple[np.ndarray, np.ndarray]:
    """Follow the centre line from `start`: way of base_link and progress, up to 100 %."""
    meter = ProgressMeter(1, closed=track.closed)
    meter.reset(start)
    way = np.arange(0.0, 1.1 * track.length, STEP)
    places = locate_cars(track, track.poses_at(start + way / track.length)).projection.fraction
    progress = []
    for place in places:
        progress.append(meter.update([place])[0])
        if progress[-1] == 100.0:
            break
    return way[: len(progress)], np.array(progress)


@pytest.mark.parametrize("start", [0.0, 0.35, 0.95])
@pytest.mark.parametrize("track", [t for t in TRACKS if t.closed], ids=name_of)
def test_one_lap_along_the_line_is_100_percent(track: Track, start: float) -> None:
    way, progress = drive(track, start)
    assert progress[-1] == 100.0
    assert (np.diff(progress) > -1e-9).all()
    # The front of the car starts 0.14 m ahead and so crosses the line as much earlier.
    lap = 100.0 * (way[-1] + 0.14) / track.length
    assert lap == pytest.approx(100.0, abs=0.1 + 100.0 * STEP / track.length)
    assert progress[0] == pytest.approx(14.0 / track.length, abs=0.35)
    before = 100.0 * (way[-2] + 0.14) / track.length
    assert progress[-2] == pytest.approx(before, abs=0.35)


@pytest.mark.parametrize("track", [t for t in TRACKS if t.closed], ids=name_of)
def test_progress_of_points_on_the_line_is_their_share_within_a_tenth(track: Track) -> None:
    meter = ProgressMeter(1)
    shares = np.linspace(0.001, 1.0, 500, endpoint=False)
    points = track.centre_line.point_at(shares * track.length)
    progress = [meter.update([place])[0] for place in track.project(points).fraction]
    assert progress == pytest.approx(100.0 * shares, abs=0.1)
    assert meter.update(track.project(points[:1]).fraction) == 100.0


@pytest.mark.parametrize("start", [0.0, 0.4])
@pytest.mark.parametrize("track", [t for t in TRACKS if not t.closed], ids=name_of)
def test_an_open_track_along_the_line(track: Track, start: float) -> None:
    way, progress = drive(track, start)
    assert progress[-1] == 100.0
    assert (np.diff(progress) > -1e-9).all()
    assert way[-1] == pytest.approx((1.0 - start) * track.length - 0.14, abs=0.06)


def test_driving_backwards_never_completes_a_lap() -> None:
    track = TRACKS[1]
    meter = ProgressMeter(1)
    places = track.poses_at(-np.arange(0.0, 3.0, 0.01))
    progress = [meter.update(track.project(pose[None, :2]).fraction)[0] for pose in places]
    assert max(progress) < 100.0
    assert (np.diff(progress[:60]) < 0.0).all()


@pytest.mark.skipif(not ROUTE_FILES, reason="AWS' route files are not beside the repository")
def test_the_first_progress_on_re_invent_2018_is_that_of_real_logs() -> None:
    """P is 0.14 m ahead of the start: 0.79 % of 17.71 m."""
    track = Track.from_route(next(path for path in ROUTE_FILES if path.stem == "reinvent_base"))
    fraction = locate_cars(track, track.poses_at(0.0)).projection.fraction
    assert ProgressMeter(1).update(fraction) == pytest.approx([0.79], abs=0.005)


def test_a_meter_on_an_open_track_of_many_cars() -> None:
    track = track_of(bent_rows())
    meter = ProgressMeter(4, closed=track.closed)
    meter.reset([0.0, 0.2, 0.5, 0.9])
    ends = meter.update(track.project(np.repeat(track.centre[-1:], 4, axis=0)).fraction)
    assert ends == pytest.approx([100.0] * 4)
