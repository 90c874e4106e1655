"""The track: hand-computed cases on simple tracks, and shapely as an independent judge on all."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from deepracer_core.errors import TrackError
from deepracer_core.lane import Lane, Placement
from deepracer_core.track.definition import (
    Colours,
    DashPattern,
    Field,
    TrackDefinition,
    find_definition,
)
from deepracer_core.track.track import Track
from track_samples import (
    ROUTE_FILES,
    TRACKS,
    bent_rows,
    name_of,
    ring_rows,
    square_rows,
    track_of,
)

SQUARE = track_of(square_rows())
HALF_PI = math.pi / 2.0


def around(track: Track, count: int = 400, reach: float = 0.5) -> np.ndarray:
    """Points (count, 2) on and beside the track."""
    rng = np.random.default_rng(2)
    return track.poses_at(rng.uniform(size=count), rng.uniform(-reach, reach, count))[:, :2]


# Hand-computed: a square of 4 m side, driven counter-clockwise from the origin.


def test_projection_by_hand() -> None:
    projection = SQUARE.project([(1, 0.2), (4.3, 3), (2, 4), (-0.1, 1), (5, -1)])
    assert projection.arclength == pytest.approx([1, 7, 10, 15, 4])
    assert projection.fraction == pytest.approx([1 / 16, 7 / 16, 10 / 16, 15 / 16, 4 / 16])
    assert projection.point == pytest.approx(np.array([(1, 0), (4, 3), (2, 4), (0, 1), (4, 0)]))
    assert projection.distance == pytest.approx([0.2, 0.3, 0, 0.1, math.sqrt(2)])
    assert projection.heading == pytest.approx([0, HALF_PI, math.pi, -HALF_PI, HALF_PI])


def test_equally_near_places_are_decided_by_the_first() -> None:
    middle, near_start = SQUARE.project([(2, 2), (0.5, 0.5)]).arclength
    assert (middle, near_start) == (2.0, 0.5)


def test_the_start_of_a_loop_is_zero_and_never_its_length() -> None:
    projection = SQUARE.project([(0, 0), (-1, -1), (0, 1e-17)])
    assert projection.arclength.tolist() == [0.0, 0.0, 0.0]
    assert projection.heading.tolist() == [0.0, 0.0, 0.0]


def test_closest_waypoints_by_hand() -> None:
    waypoints = SQUARE.closest_waypoints([0.0, 3.9, 4.0, 4.1, 12.0, 15.9])
    assert waypoints.tolist() == [[0, 1], [0, 1], [1, 2], [1, 2], [3, 4], [3, 4]]


def test_closest_waypoints_wrap_at_the_end_of_an_open_track() -> None:
    track = track_of(bent_rows(points=10))
    assert track.closest_waypoints([track.length]).tolist() == [[9, 0]]


def test_road_and_borders_by_hand() -> None:
    on_road = SQUARE.on_road([(2, 0), (2, 0.49), (2, 0.5), (2, -0.5), (2, 0.6), (-0.4, -0.4)])
    assert on_road.tolist() == [True, True, False, False, False, True]
    inner, outer = SQUARE.border_points(SQUARE.project([(2, 0.3), (4, 4)]))
    assert inner == pytest.approx(np.array([(2, 0.5), (3.5, 3.5)]))
    # From the corner the nearest point of the outer border is straight beside it, not the corner.
    assert outer == pytest.approx(np.array([(2, -0.5), (4.5, 4.0)]))


def test_poses_by_hand() -> None:
    poses = SQUARE.poses_at([0.0, 0.125, 0.25, 0.5, 1.0, 1.125, -0.125], 0.25)
    assert poses == pytest.approx(
        np.array(
            [
                (0, 0.25, 0),
                (2, 0.25, 0),
                (3.75, 0, HALF_PI),  # at a corner it looks along the next side
                (4, 3.75, math.pi),
                (0, 0.25, 0),
                (2, 0.25, 0),
                (0.25, 2, -HALF_PI),
            ]
        )
    )


def test_placements_by_hand() -> None:
    poses = SQUARE.poses_of(
        [Placement(2.0), Placement(2.0, Lane.INNER), Placement(6.0, Lane.OUTER)]
    )
    assert poses == pytest.approx(np.array([(2, 0, 0), (2, 0.25, 0), (4.25, 2, HALF_PI)]))


def test_lanes_beside_by_hand() -> None:
    inner, outer = SQUARE.lanes_beside([2.0, 18.0, 4.0])
    assert inner == pytest.approx(np.array([(2, 0.25), (2, 0.25), (3.75, 0.25)]))
    assert outer == pytest.approx(np.array([(2, -0.25), (2, -0.25), (4.25, -0.25)]))


def test_curvature_by_hand() -> None:
    """Quarter turns over sides of 4 m; halfway along a side both ends count the same."""
    corner = HALF_PI / 4.0
    assert SQUARE.centre_line.curvature_at([0.0, 4.0, 6.0]) == pytest.approx([corner] * 3)
    ring = track_of(ring_rows(radius=2.0, points=720)).centre_line
    assert ring.curvature_at([0.0, 1.0, 5.0]) == pytest.approx([0.5] * 3, rel=1e-4)
    bend = track_of(bent_rows()).centre_line
    assert bend.curvature_at([0.0, bend.length]).tolist() == [0.0, 0.0]
    assert bend.curvature_at([1.9])[0] < -0.5  # the first hill of the S turns right


def test_open_tracks_end_where_their_line_ends() -> None:
    track = track_of(bent_rows())
    assert not track.closed
    start, end = track.centre[0], track.centre[-1]
    projection = track.project([start - 5.0, end + np.array((5.0, 0.0))])
    assert projection.fraction == pytest.approx([0.0, 1.0])
    poses = track.poses_at([-0.5, 1.5])
    assert poses[:, :2] == pytest.approx(np.array([start, end]))
    assert poses[1, 2] == pytest.approx(track.centre_line.heading[-1])


def test_direction_and_world() -> None:
    assert SQUARE.is_counterclockwise
    assert SQUARE.world_bounds == (-0.5, -0.5, 4.5, 4.5)
    back = SQUARE.reversed()
    assert (back.is_reversed, back.is_counterclockwise) == (True, False)
    assert back.centre.tolist() == SQUARE.centre[::-1].tolist()
    assert back.world_bounds == SQUARE.world_bounds
    assert not back.reversed().is_reversed


def test_arrays_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        SQUARE.centre[0, 0] = 1.0


def test_impossible_arrays_are_refused() -> None:
    rows = square_rows()
    with pytest.raises(TrackError, match=r"inner border: shape \(4, 2\)"):
        Track("bad", rows[:, :2], rows[:-1, 2:4], rows[:, 4:], True)
    with pytest.raises(TrackError, match="centre line: row 3 differs from row 0"):
        Track("bad", rows[:-1, :2], rows[:-1, 2:4], rows[:-1, 4:], True)


# All tracks, in both directions, against shapely and plain loops.


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_projection_equals_shapely(track: Track) -> None:
    line = (shapely.LinearRing if track.closed else shapely.LineString)(track.centre)
    points = shapely.points(around(track))
    projection = track.project(around(track))
    assert track.length == pytest.approx(line.length, rel=1e-12)
    assert projection.distance == pytest.approx(shapely.distance(line, points), abs=1e-12)
    expected = shapely.line_locate_point(line, points)
    apart = np.abs(projection.arclength - expected)
    assert np.minimum(apart, track.length - apart).max() < 1e-9


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_track_width_equals_shapely(track: Track) -> None:
    line = shapely.LinearRing if track.closed else shapely.LineString
    projection = track.project(around(track))
    inner, outer = track.border_points(projection)
    for border, found in ((track.inner, inner), (track.outer, outer)):
        expected = shapely.distance(line(border), shapely.points(projection.point))
        assert np.linalg.norm(found - projection.point, axis=1) == pytest.approx(expected)


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_closest_waypoints_equal_a_plain_loop(track: Track) -> None:
    rng = np.random.default_rng(3)
    arclength = np.concatenate(
        (rng.uniform(0, track.length, 200), track.centre_line.arclength[:-1])
    )
    for way, (behind, ahead) in zip(arclength, track.closest_waypoints(arclength)):
        expected = max(i for i, at in enumerate(track.centre_line.arclength) if at <= way)
        assert (behind, ahead) == (expected, expected + 1)


@pytest.mark.parametrize("track", TRACKS, ids=name_of)
def test_lanes_lie_in_the_middle_of_their_half(track: Track) -> None:
    arclength = np.linspace(0.01, track.length, 60, endpoint=False)
    for lane, on_inner in ((Lane.INNER, True), (Lane.OUTER, False)):
        poses = track.poses_of([Placement(float(way), lane) for way in arclength])
        assert track.on_road(poses[:, :2]).all()
        assert (track.on_inner_half(poses[:, :2]) == on_inner).all()


# Tracks of definitions.


def definition(**changes: object) -> TrackDefinition:
    values: dict[str, object] = {
        "name": "square",
        "closed": True,
        "centre_line": square_rows()[:-1, :2],
        "width": 1.0,
        "line_width": 0.05,
        "dash": DashPattern(0.05, 0.05, 0.02),
        "field": Field(-2.0, -2.0, 6.0, 7.0),
        "wall_height": 1.0,
        "colours": Colours(*[(0, 0, 0)] * 5),
    }
    return TrackDefinition(**{**values, **changes})  # type: ignore[arg-type]


def test_a_definition_gives_borders_on_both_sides_and_its_field_as_the_world() -> None:
    track = Track.from_definition(definition())
    assert (track.name, track.closed, track.length) == ("square", True, 16.0)
    assert track.centre.tolist() == SQUARE.centre.tolist()
    assert track.world_bounds == (-2.0, -2.0, 6.0, 7.0)
    assert track.is_counterclockwise
    assert np.linalg.norm(track.inner - track.outer, axis=1) == pytest.approx([1.0] * 5)
    assert track.inner[0] == pytest.approx([math.sqrt(0.125)] * 2)


def test_the_inner_border_of_a_clockwise_definition_is_inside() -> None:
    track = Track.from_definition(definition(centre_line=square_rows()[:0:-1, :2]))
    assert not track.is_counterclockwise
    assert track.on_inner_half([(2, 0.2)])
    assert not track.on_inner_half([(2, -0.2)])


def test_an_open_definition_has_its_inner_border_on_the_left() -> None:
    line = np.array([(0, 0), (1, 0), (3, 0)], dtype=float)
    track = Track.from_definition(definition(centre_line=line, closed=False))
    assert track.length == 3.0
    assert track.inner.tolist() == [[0, 0.5], [1, 0.5], [3, 0.5]]


def test_a_definition_that_crosses_itself_is_refused() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False)
    eight = 2.0 + 1.9 * np.stack((np.sin(angle), np.sin(angle) * np.cos(angle)), axis=1)
    with pytest.raises(TrackError, match=r"row \d+: the centre line crosses or touches itself"):
        Track.from_definition(definition(centre_line=eight, width=0.5))


@pytest.mark.skipif(not ROUTE_FILES, reason="AWS' route files are not beside the repository")
def test_the_shipped_re_invent_2018_equals_the_route_of_aws() -> None:
    worlds = next(p for p in Path(__file__).resolve().parents if (p / "worlds").is_dir()) / "worlds"
    ours = Track.from_definition(find_definition("reinvent_2018", [worlds]))
    aws = Track.from_route(next(path for path in ROUTE_FILES if path.stem == "reinvent_base"))
    assert ours.length == pytest.approx(aws.length, abs=0.01)
    assert np.abs(ours.centre - aws.centre).max() < 0.01
    for mine, theirs in ((ours.inner, aws.inner_border), (ours.outer, aws.outer_border)):
        assert theirs.nearest(mine).distance.max() < 0.01
