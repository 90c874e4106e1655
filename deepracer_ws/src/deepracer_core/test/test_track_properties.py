"""Properties that hold on any track: Hypothesis draws loops, poses, turns and shifts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.car_location import CarLocations, locate_cars
from deepracer_core.progress import ProgressMeter
from deepracer_core.track.track import Track
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, TRACKS, bent_rows, blob_rows, moved, name_of, track_of

small = st.floats(-0.1, 0.1)


@st.composite
def route_rows(draw: st.DrawFn) -> np.ndarray:
    """Smooth loops in either direction and open bends, turned and shifted."""
    width = draw(st.floats(0.4, 1.0))
    if draw(st.integers(0, 3)) == 0:
        rows = bent_rows(points=draw(st.integers(20, 60)), width=width)
    else:
        waves = (draw(small), draw(small), draw(small) / 2.0)
        rows = blob_rows(draw(st.floats(2.0, 6.0)), waves, width, draw(st.integers(40, 150)))
    rows = rows[:: draw(st.sampled_from((1, -1)))]
    return moved(rows, draw(st.floats(-4, 4)), (draw(st.floats(-20, 20)), draw(st.floats(-20, 20))))


tracks = route_rows().map(track_of)
seeds = st.integers(0, 2**32 - 1)


def scatter(track: Track, seed: int, reach: float = 0.15, count: int = 16) -> np.ndarray:
    """Poses (count, 3) near the centre line, in any direction; clear of the ends of open tracks."""
    rng = np.random.default_rng(seed)
    poses = track.poses_at(rng.uniform(0.1, 0.9, count), rng.uniform(-reach, reach, count))
    poses[:, 2] += rng.uniform(-math.pi, math.pi, count)
    return poses


@REPEATABLE
@given(tracks, seeds)
def test_projection_is_idempotent(track: Track, seed: int) -> None:
    once = track.project(scatter(track, seed, reach=2.0)[:, :2])
    twice = track.project(once.point)
    assert np.abs(twice.point - once.point).max() < 1e-9
    assert twice.distance.max() < 1e-9
    apart = np.abs(twice.arclength - once.arclength)
    assert np.minimum(apart, track.length - apart).max() < 1e-7
    assert np.abs(track.centre_line.point_at(once.arclength) - once.point).max() < 1e-9


@REPEATABLE
@given(tracks, seeds)
def test_no_place_of_the_line_is_nearer_than_the_projection(track: Track, seed: int) -> None:
    points = scatter(track, seed, reach=3.0)[:, :2]
    line = track.centre_line.point_at(np.linspace(0.0, track.length, 700))
    gaps = np.linalg.norm(points[:, None] - line[None], axis=2).min(axis=1)
    assert (track.project(points).distance <= gaps + 1e-12).all()


@REPEATABLE
@given(tracks, st.floats(0.0, 1.0), st.floats(-0.15, 0.15))
def test_poses_project_to_where_they_were_asked_for(
    track: Track, share: float, offset: float
) -> None:
    pose = track.poses_at([share], offset)
    projection = track.project(pose[:, :2])
    assert projection.distance == pytest.approx([abs(offset)], abs=0.01)
    apart = abs(projection.fraction[0] - share) * track.length
    # Beside a corner of the polyline the nearest point is not where the normal meets it.
    assert min(apart, track.length - apart if track.closed else apart) < 0.01 + 0.2 * abs(offset)


def lap(track: Track, start: float, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Share of the way and progress of points along the line from `start` to the finish."""
    meter = ProgressMeter(1, closed=track.closed)
    meter.reset(start)
    way = np.linspace(0.001, 1.0 if track.closed else 1.0 - start, 300)
    places = track.project(track.poses_at(start + way, offset)[:, :2]).fraction
    return way / way[-1], np.array([meter.update([place])[0] for place in places])


@REPEATABLE
@given(tracks, st.floats(0.0, 0.99))
def test_progress_grows_along_the_line_to_100_percent(track: Track, start: float) -> None:
    way, progress = lap(track, start)
    assert (np.diff(progress) > 0.0).all()
    assert progress[-1] == pytest.approx(100.0, abs=1e-6)
    assert progress == pytest.approx(100.0 * way, abs=1e-6)


@REPEATABLE
@given(tracks, st.floats(0.0, 0.9), st.floats(-0.15, 0.15))
def test_progress_beside_the_line_is_that_of_the_line(
    track: Track, start: float, offset: float
) -> None:
    way, progress = lap(track, start, offset)
    # In a corner of the line the inside skips and the outside waits.
    assert progress == pytest.approx(100.0 * way, abs=3.0)
    assert progress[-1] > 99.0


@REPEATABLE
@given(tracks, seeds)
def test_the_reversed_track_mirrors_everything(track: Track, seed: int) -> None:
    poses = scatter(track, seed)
    there, back = track.project(poses[:, :2]), track.reversed().project(poses[:, :2])
    assert back.arclength == pytest.approx(track.length - there.arclength, abs=1e-6)
    assert back.distance == pytest.approx(there.distance, abs=1e-9)
    one, other = locate_cars(track, poses), locate_cars(track.reversed(), poses)
    assert (one.wheels_on_road == other.wheels_on_road).all()
    assert other.track_width == pytest.approx(one.track_width, abs=1e-9)
    clear = one.projection.distance > 0.02
    assert (one.is_left_of_centre != other.is_left_of_centre)[clear].all()
    ways = np.linspace(0.0, track.length, 50)
    assert track.reversed().centre_line.curvature_at(track.length - ways) == pytest.approx(
        -track.centre_line.curvature_at(ways), abs=1e-6
    )


@REPEATABLE
@given(route_rows(), seeds, st.floats(-4, 4), st.floats(-30, 30), st.floats(-30, 30))
def test_turning_and_shifting_the_world_changes_nothing(
    rows: np.ndarray, seed: int, turn: float, x: float, y: float
) -> None:
    track, other = track_of(rows), track_of(moved(rows, turn, (x, y)))
    poses = scatter(track, seed)
    here = locate_cars(track, poses)
    there = locate_cars(
        other, np.column_stack((moved(poses[:, :2], turn, (x, y)), poses[:, 2] + turn))
    )
    assert_equal_places(here, there)
    assert there.point == pytest.approx(moved(here.point, turn, (x, y)), abs=1e-9)
    turned = there.projection.heading - here.projection.heading - turn
    assert np.cos(turned) == pytest.approx(np.ones(16))


def assert_equal_places(here: CarLocations, there: CarLocations) -> None:
    assert there.projection.arclength == pytest.approx(here.projection.arclength, abs=1e-6)
    assert there.projection.distance == pytest.approx(here.projection.distance, abs=1e-9)
    assert there.track_width == pytest.approx(here.track_width, abs=1e-6)
    assert (there.wheels_on_road == here.wheels_on_road).all()
    clear = here.projection.distance > 1e-6
    assert (there.is_left_of_centre == here.is_left_of_centre)[clear].all()


@REPEATABLE
@given(tracks, st.floats(0.1, 0.9), st.floats(0.03, 0.15))
def test_left_is_left(track: Track, share: float, offset: float) -> None:
    poses = np.vstack((track.poses_at([share], offset), track.poses_at([share], -offset)))
    poses[:, :2] -= 0.14 * np.stack((np.cos(poses[:, 2]), np.sin(poses[:, 2])), axis=1)
    assert locate_cars(track, poses).is_left_of_centre.tolist() == [True, False]


@REPEATABLE
@given(tracks, seeds)
def test_a_batch_gives_what_single_cars_give(track: Track, seed: int) -> None:
    poses = scatter(track, seed, reach=1.0)
    batch = locate_cars(track, poses)
    for index, pose in enumerate(poses):
        single = locate_cars(track, pose[None])
        assert single.projection.arclength[0] == batch.projection.arclength[index]
        assert single.track_width[0] == batch.track_width[index]
        assert (single.wheels_on_road[0] == batch.wheels_on_road[index]).all()


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_a_car_on_the_line_is_on_the_track_and_one_far_away_is_off(track: Track) -> None:
    poses = track.poses_at(np.linspace(0.05, 0.95, 50))
    cars = locate_cars(track, poses)
    assert cars.all_wheels_on_track.all()
    assert not cars.off_track.any()
    away = locate_cars(track, poses + np.array((100.0, 0.0, 0.0)))
    assert away.off_track.all()
    assert not away.all_wheels_on_track.any()
