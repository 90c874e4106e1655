"""Points in a region: exact on lines, corners and heights of ring points, and equal to shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from deepracer_core.track.region import Region
from deepracer_core.track.track import Track
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, TRACKS, name_of

FRAME = Region(
    [
        np.array([(0, 0), (4, 0), (4, 4), (0, 4)], dtype=float),
        np.array([(1, 1), (1, 3), (3, 3), (3, 1), (1, 1)], dtype=float),
    ]
)


@pytest.mark.parametrize("point", [(0.5, 0.5), (0.5, 1), (0.5, 3), (3.5, 2), (2, 3.5), (2, 0.5)])
def test_inside_between_the_rings(point: tuple[float, float]) -> None:
    assert FRAME.contains(point)


@pytest.mark.parametrize("point", [(2, 2), (5, 2), (-1, 2), (2, -1), (2, 5), (-1, 0), (9, 4)])
def test_outside_and_in_the_hole(point: tuple[float, float]) -> None:
    assert not FRAME.contains(point)


@pytest.mark.parametrize(
    "point",
    [(0, 0), (4, 4), (4, 0), (0, 2), (4, 1), (2, 0), (2, 4), (1, 1), (3, 3), (1, 2), (2, 3)],
)
def test_on_a_ring_is_not_inside(point: tuple[float, float]) -> None:
    assert not FRAME.contains(point)


def test_corners_that_only_touch_a_height_do_not_matter() -> None:
    tooth = Region(
        [np.array([(0, 0), (4, 0), (4, 4), (3, 2), (2, 4), (1, 2), (0, 4)], dtype=float)]
    )
    points = [(0.5, 2), (2, 2), (3.5, 2), (1, 2), (3, 2), (1, 3), (2, 3.9), (2, 4)]
    assert tooth.contains(points).tolist() == [True, True, True, False, False, False, True, False]


def test_any_shape_of_points_and_not_a_number() -> None:
    assert FRAME.contains(np.zeros((2, 3, 5, 2))).shape == (2, 3, 5)
    assert not FRAME.contains([(np.nan, 0.5), (0.5, np.nan)]).any()


@REPEATABLE
@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5)), min_size=1, max_size=30))
def test_on_a_coarse_grid_full_of_ties_it_equals_shapely(points: list[tuple[int, int]]) -> None:
    polygon = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (1, 3), (3, 3), (3, 1)]])
    expected = [polygon.contains(shapely.Point(point)) for point in points]
    assert FRAME.contains(np.array(points, dtype=float)).tolist() == expected


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_road_and_half_road_equal_shapely(track: Track) -> None:
    rng = np.random.default_rng(1)
    low, high = np.array(track.world_bounds[:2]) - 0.3, np.array(track.world_bounds[2:]) + 0.3
    points = np.vstack((rng.uniform(low, high, size=(3000, 2)), track.centre, track.outer))
    if track.closed:
        road = shapely.Polygon(track.outer, [track.inner])
        half = shapely.Polygon(track.centre, [track.inner])
    else:
        road = shapely.Polygon(np.vstack((track.outer, track.inner[::-1])))
        half = shapely.Polygon(np.vstack((track.centre, track.inner[::-1])))
    assert (track.on_road(points) == shapely.contains_xy(road, points)).all()
    assert (track.on_inner_half(points) == shapely.contains_xy(half, points)).all()
