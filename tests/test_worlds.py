"""The shipped track, against the published figures of re:Invent 2018."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.track.definition import load_definition

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def track():
    return load_definition(ROOT / "worlds" / "reinvent_2018" / "track.yaml")


def segments(points: np.ndarray) -> np.ndarray:
    return np.diff(np.vstack([points, points[:1]]), axis=0)


def lengths(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(segments(points), axis=1)


def turning_angles(points: np.ndarray) -> np.ndarray:
    heading = np.arctan2(*segments(points).T[::-1])
    turn = heading - np.roll(heading, 1)
    return (turn + math.pi) % (2 * math.pi) - math.pi


def test_it_has_the_official_length_and_number_of_waypoints(track):
    assert len(track.centre_line) == 118
    assert track.length == pytest.approx(17.71, abs=0.02)


def test_it_starts_at_the_official_place_heading_east_and_runs_counter_clockwise(track):
    x, y, yaw = track.start_pose
    assert (x, y) == pytest.approx((3.0597, 0.6827), abs=0.01)
    assert yaw == pytest.approx(0, abs=math.radians(1))
    assert turning_angles(track.centre_line).sum() == pytest.approx(2 * math.pi)


def test_borders_have_the_official_lengths_and_distance(track):
    inner, outer = track.offset(track.width / 2), track.offset(-track.width / 2)
    # simapp's borders measure 15.322 m and 20.099 m
    assert lengths(inner).sum() == pytest.approx(15.322, abs=0.03)
    assert lengths(outer).sum() == pytest.approx(20.099, abs=0.03)
    np.testing.assert_allclose(np.linalg.norm(inner - outer, axis=1), 0.762)


def test_curvature_is_free_of_noise(track):
    """The raw waypoints have 23 such reversals, and a kink of 0.43 m radius."""
    spacing = lengths(track.centre_line)
    curvature = 2 * turning_angles(track.centre_line) / (spacing + np.roll(spacing, 1))
    assert 1 / np.abs(curvature).max() > 0.6
    changes = np.diff(curvature)
    reversals = np.flatnonzero(changes[1:] * changes[:-1] < 0)
    significant = np.abs(changes[reversals]) > 0.1
    assert significant.sum() <= 6


def test_dashes_number_174(track):
    assert int(track.length / (track.dash.length + track.dash.gap)) == 174


def test_field_is_the_measured_one(track):
    field = track.field
    assert field.x_max - field.x_min == pytest.approx(9.162)
    assert field.y_max - field.y_min == pytest.approx(6.408)
