"""Where episodes start, and which lane is free."""

from __future__ import annotations

import itertools

import pytest
from deepracer_core.errors import ConfigError
from deepracer_core.lane import Lane, Placement, object_near
from deepracer_core.start_position import EVALUATION_START, TrainingStart
from hypothesis import given, settings
from hypothesis import strategies as st

LENGTH = 20.0


def test_the_start_moves_by_a_twentieth_of_a_lap_and_comes_round():
    fractions = [TrainingStart().fraction(episode) for episode in range(21)]
    assert fractions[:3] == [0.0, 0.05, 0.1]
    assert fractions == pytest.approx([episode * 0.05 for episode in range(20)] + [0.0])


def test_offset_shifts_all_starts():
    start = TrainingStart(advance=0.25, offset=0.5)
    assert [start.fraction(episode) for episode in range(4)] == [0.5, 0.75, 0.0, 0.25]


def test_the_start_can_stay():
    start = TrainingStart(change=False, offset=0.3)
    assert {start.fraction(episode) for episode in range(5)} == {0.3}


def test_the_direction_alternates_on_demand_only():
    assert not any(TrainingStart().is_reversed(episode) for episode in range(4))
    alternating = TrainingStart(alternate_direction=True)
    assert [alternating.is_reversed(episode) for episode in range(4)] == [False, True, False, True]


def test_the_other_direction_comes_first_or_always_on_demand():
    assert all(TrainingStart(reverse=True).is_reversed(episode) for episode in range(4))
    both = TrainingStart(reverse=True, alternate_direction=True)
    assert [both.is_reversed(episode) for episode in range(4)] == [True, False, True, False]


@settings(deadline=None, derandomize=True)
@given(
    advance=st.floats(0, 1, exclude_max=True),
    offset=st.floats(0, 1, exclude_max=True),
    episode=st.integers(0, 10**7),
)
def test_the_start_is_always_on_the_lap(advance, offset, episode):
    assert 0.0 <= TrainingStart(advance=advance, offset=offset).fraction(episode) < 1.0


@pytest.mark.parametrize("name", ["advance", "offset"])
@pytest.mark.parametrize("value", [-0.01, 1.0, float("nan")])
def test_shares_of_a_lap_are_checked(name, value):
    with pytest.raises(ConfigError, match=f"TrainingStart.{name}"):
        TrainingStart(**{name: value})


def test_training_starts_on_the_centre_line():
    assert TrainingStart().placement(2, LENGTH) == Placement(2.0, Lane.CENTRE)


@pytest.mark.parametrize(
    ("standing", "lane"),
    [(Lane.INNER, Lane.OUTER), (Lane.OUTER, Lane.INNER), (Lane(0), Lane.INNER)],
)
def test_training_starts_on_the_lane_that_an_object_leaves_free(standing, lane):
    placement = TrainingStart().placement(2, LENGTH, [Placement(2.9, standing)])
    assert placement == Placement(2.0, lane)


def test_evaluation_starts_on_the_line():
    assert Placement(0.0, Lane.CENTRE) == EVALUATION_START


@pytest.mark.parametrize(
    ("car", "standing", "near"),
    [
        (5.0, 6.0, False),  # exactly 1 m is far enough
        (5.0, 5.999, True),
        (5.0, 4.001, True),
        (5.0, 4.0, False),
        (0.0, 19.5, True),  # just behind the start line
        (19.5, 0.25, True),
        (0.0, 19.0, False),
        (39.5, 19.75, True),  # a lap further on
        (45.0, 4.0, False),
    ],
)
def test_an_object_is_near_within_a_metre_the_shorter_way_round(car, standing, near):
    placed = Placement(standing, Lane.INNER)
    assert object_near(car, [placed], LENGTH) == (placed if near else None)


def test_there_is_no_way_round_an_open_track():
    assert object_near(0.0, [Placement(19.5, Lane.INNER)], LENGTH, closed=False) is None
    assert object_near(19.2, [Placement(19.5, Lane.INNER)], LENGTH, closed=False) is not None


def test_the_nearest_of_several_objects_counts():
    objects = [Placement(4.5, Lane.INNER), Placement(5.2, Lane.OUTER), Placement(9.0, Lane.INNER)]
    for order in itertools.permutations(objects):
        assert object_near(5.0, order, LENGTH) == Placement(5.2, Lane.OUTER)
