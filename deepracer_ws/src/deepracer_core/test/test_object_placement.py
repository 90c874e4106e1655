"""Placing objects: simapp's text form, even and random places, and the least distance."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.errors import ConfigError
from deepracer_core.lane import Lane, Placement
from deepracer_core.object_placement import (
    END_GAP,
    even_placements,
    parse_placement,
    place_obstacles,
    random_placements,
)
from deepracer_core.objects import BOX, PARKED_CAR
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, square_rows, track_of

SQUARE = track_of(square_rows())


def test_positions_in_the_form_of_simapp() -> None:
    assert parse_placement("0.25,-1", 16.0) == Placement(4.0, Lane.OUTER)
    assert parse_placement("0,1", 16.0) == Placement(0.0, Lane.INNER)
    assert parse_placement(" 1.0, 1 ", 16.0) == Placement(16.0, Lane.INNER)


@pytest.mark.parametrize(
    "text", ["", "0.5", "0.5,1,1", "x,1", "0.5,x", "0.5,0", "0.5,2", "1.1,1", "-0.1,1", "nan,1"]
)
def test_broken_positions_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"give a share of the lap from 0 to 1"):
        parse_placement(text, 16.0)


def test_even_places_alternate_lanes() -> None:
    placed = even_placements(3, 16.0)
    assert [place.arclength for place in placed] == pytest.approx([2.0, 8.5, 15.0])
    assert [place.lane for place in placed] == [Lane.INNER, Lane.OUTER, Lane.INNER]
    assert even_placements(0, 16.0) == []


@REPEATABLE
@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.floats(0.5, 2.0))
def test_random_places_keep_their_distance(seed: int, count: int, distance: float) -> None:
    placed = random_placements(count, 16.0, np.random.default_rng(seed), distance)
    spots = np.array([place.arclength for place in placed])
    assert (np.diff(spots) >= distance - 1e-9).all()
    assert spots[0] >= distance - 1e-9
    assert spots[-1] <= 16.0 - END_GAP + 1e-9
    assert {place.lane for place in placed} <= {Lane.INNER, Lane.OUTER}
    assert placed == random_placements(count, 16.0, np.random.default_rng(seed), distance)


def test_random_places_use_the_room_and_both_lanes() -> None:
    rng = np.random.default_rng(7)
    placed = [random_placements(3, 16.0, rng) for _ in range(200)]
    spots = np.array([[place.arclength for place in world] for world in placed])
    assert spots.std(axis=0).min() > 1.0
    lanes = [place.lane for world in placed for place in world]
    assert 0.4 < lanes.count(Lane.INNER) / len(lanes) < 0.6


@pytest.mark.parametrize(("count", "distance"), [(-1, 2.0), (8, 2.0), (2, 14.0), (1, 15.5)])
def test_too_many_objects_are_refused(count: int, distance: float) -> None:
    for place in (
        lambda: even_placements(count, 16.0, distance),
        lambda: random_placements(count, 16.0, np.random.default_rng(0), distance),
    ):
        with pytest.raises(ConfigError, match=r"objects, but 0 to \d fit on 16\.00 m"):
            place()


def test_as_many_as_fit_are_placed() -> None:
    assert len(even_placements(7, 16.0, 2.0)) == 7


def test_obstacles_stand_in_their_lanes() -> None:
    worlds = [
        [Placement(2.0, Lane.INNER), Placement(6.0, Lane.OUTER)],
        [Placement(10.0, Lane.OUTER), Placement(14.0, Lane.INNER)],
    ]
    states = place_obstacles(SQUARE, worlds)
    assert states.kinds == (BOX, BOX)
    assert states.poses[0, :, :2] == pytest.approx(np.array([(2, 0.25), (4.25, 2)]))
    assert states.poses[1, :, :2] == pytest.approx(np.array([(2, 4.25), (0.25, 2)]))
    assert np.degrees(states.poses[..., 2]) == pytest.approx(np.array([(0, 90), (180, -90)]))
    assert (states.speed == 0.0).all()
    assert place_obstacles(SQUARE, worlds, PARKED_CAR).kinds == (PARKED_CAR, PARKED_CAR)
