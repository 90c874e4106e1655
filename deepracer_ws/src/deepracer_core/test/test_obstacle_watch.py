"""What the scanner's beams say about the way ahead."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from deepracer_core.errors import ConfigError
from deepracer_core.obstacle_watch import ObstacleWatch, Scan, StopZone, nearest_obstacle
from hypothesis import given
from hypothesis import strategies as st

MS = 1_000_000
NOW = 1_700_000_000_000 * MS
STEADY = 5_000 * MS
BEAMS = 720  # half a degree apart
ZONE = StopZone(distance=0.5, half_width=0.15)


def scan(*things: tuple[float, float], empty: float = math.inf, age: int = 0) -> Scan:
    """A turn that sees points (angle [rad], range [m]) and nothing else."""
    ranges = np.full(BEAMS, empty)
    step = 2 * math.pi / BEAMS
    for angle, distance in things:
        ranges[round((angle + math.pi) / step)] = distance
    return Scan(NOW - age, -math.pi, step, 0.15, 12.0, ranges)


def problem(seen: Scan, later: int = 0) -> str:
    watch = ObstacleWatch(ZONE)
    watch.see(seen, NOW, STEADY)
    return watch.problem(STEADY + later)


def test_a_free_way_is_no_problem():
    assert problem(scan()) == ""


@pytest.mark.parametrize(("distance", "stops"), [(0.49, True), (0.5, True), (0.51, False)])
def test_what_stands_ahead_stops_the_car_from_the_distance_on(distance, stops):
    assert (f"something stands {distance:.2f} m ahead" in problem(scan((0.0, distance)))) == stops


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize(("y", "stops"), [(0.14, True), (0.16, False)])
def test_only_what_stands_in_the_strip_counts(side, y, stops):
    angle, distance = side * math.atan2(y, 0.4), math.hypot(y, 0.4)
    found = nearest_obstacle(scan((angle, distance)), ZONE)
    assert math.isfinite(found) == stops
    if stops:
        assert found == pytest.approx(0.4, abs=0.01)


def test_what_is_beside_and_behind_does_not_count():
    around = scan((math.pi / 2, 0.2), (-math.pi / 2, 0.2), (-math.pi, 0.2))
    assert problem(around) == ""


def test_the_nearest_of_many_counts():
    assert nearest_obstacle(scan((0.0, 0.4), (0.1, 0.3), (-0.1, 0.35)), ZONE) == pytest.approx(
        0.3 * math.cos(0.1), abs=1e-3
    )


def test_a_scanner_that_looks_backwards_is_turned():
    behind = scan((-math.pi, 0.3))
    assert nearest_obstacle(behind, ZONE) == math.inf
    turned = dataclasses.replace(ZONE, yaw=math.pi)
    assert nearest_obstacle(behind, turned) == pytest.approx(0.3)


def test_the_direction_of_a_scanner_that_looks_aside_has_a_sign():
    # Half a turn from its x axis to its left, and that axis points to the car's right: ahead is at
    # the beam in the middle.
    beams = [math.inf, 0.4, math.inf]
    half_turn = Scan(NOW, 0.0, math.pi / 2, 0.15, 12.0, beams)
    assert nearest_obstacle(half_turn, StopZone(0.5, yaw=-math.pi / 2)) == pytest.approx(0.4)
    assert nearest_obstacle(half_turn, StopZone(0.5, yaw=math.pi / 2)) is None


def test_a_thing_exactly_at_the_edge_of_the_strip_counts():
    angle = 0.3
    edge = float(0.4 * np.sin(angle))
    two = Scan(NOW, angle, -angle, 0.15, 12.0, [0.4, math.inf])
    assert math.isfinite(nearest_obstacle(two, StopZone(1.0, half_width=edge)))


def test_a_beam_that_meets_the_strip_aside_of_the_axis_is_looking():
    aside = Scan(NOW, math.radians(10), 1.0, 0.15, 12.0, [math.inf])
    assert nearest_obstacle(aside, ZONE) == math.inf


@pytest.mark.parametrize("distance", [0.15, 12.0])
def test_the_ends_of_the_scanners_range_are_measured(distance):
    alone = Scan(NOW, 0.0, 1.0, 0.15, 12.0, [distance])
    assert nearest_obstacle(alone, StopZone(20.0)) == distance


@pytest.mark.parametrize("distance", [math.nan, 0.0, 0.1, 13.0])
def test_what_is_no_measurement_is_no_obstacle(distance):
    assert problem(scan((0.0, distance))) == ""


def test_what_is_too_near_to_be_measured_is_an_obstacle():
    assert "0.00 m ahead" in problem(scan((0.0, -math.inf)))


@pytest.mark.parametrize("empty", [math.nan, 0.0])
def test_a_scanner_that_measures_nothing_is_silent(empty):
    assert "no scan of the way ahead came" in problem(scan(empty=empty))
    # Looking elsewhere does not help.
    assert nearest_obstacle(scan((math.pi / 2, 1.0), empty=empty), ZONE) is None
    assert nearest_obstacle(scan((0.0, 1.0), empty=empty), ZONE) == pytest.approx(1.0)


def test_a_scan_of_no_beams_is_silence():
    assert nearest_obstacle(Scan(NOW, 0.0, 0.1, 0.15, 12.0, []), ZONE) is None


def test_nothing_seen_yet_stops():
    assert ObstacleWatch(ZONE).problem(STEADY) == (
        "no scan of the way ahead came: start the scanner, or set obstacle_distance to 0"
    )


@pytest.mark.parametrize(
    ("age", "later", "is_stale"),
    [(0, 300, False), (0, 301, True), (100, 200, False), (100, 201, True), (-50, 300, False)],
)
def test_a_scan_grows_stale_by_its_stamp(age, later, is_stale):
    assert ("s old" in problem(scan(age=age * MS), later * MS)) == is_stale


def test_a_blind_turn_leaves_the_scan_before_to_grow_old():
    watch = ObstacleWatch(ZONE)
    watch.see(scan(), NOW, STEADY)
    watch.see(scan(empty=math.nan), NOW, STEADY + 200 * MS)
    assert watch.problem(STEADY + 300 * MS) == ""
    assert "0.4 s old" in watch.problem(STEADY + 400 * MS)


@given(st.integers(-30, 30), st.floats(0.15, 12.0))
def test_a_point_counts_where_it_stands(half_degrees, distance):
    angle = math.radians(half_degrees / 2)
    x, y = distance * math.cos(angle), distance * math.sin(angle)
    found = nearest_obstacle(scan((angle, distance)), ZONE)
    if abs(abs(y) - ZONE.half_width) > 1e-6:
        assert found == pytest.approx(x if abs(y) < ZONE.half_width else math.inf)


@pytest.mark.parametrize(
    "values",
    [
        {"distance": 0.0},
        {"distance": math.nan},
        {"distance": math.inf},
        {"half_width": -1.0},
        {"timeout": 0},
        {"yaw": math.inf},
    ],
)
def test_a_zone_that_stops_nothing_is_refused(values):
    with pytest.raises(ConfigError, match="give a finite"):
        StopZone(**{"distance": 1.0, **values})
