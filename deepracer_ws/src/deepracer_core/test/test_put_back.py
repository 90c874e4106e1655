"""Where a failed car is put back."""

from __future__ import annotations

import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.lane import Lane, Placement
from deepracer_core.put_back import CarState, PutBack

LENGTH = 20.0
CRASHED = EpisodeStatus.CRASHED
OFF_TRACK = EpisodeStatus.OFF_TRACK


def car(arclength: float, lane: Lane = Lane.INNER) -> CarState:
    return CarState(0.0, 10.0, False, False, (0.0, 0.0), arclength, lane)


@pytest.mark.parametrize("failure", [OFF_TRACK, EpisodeStatus.IMMOBILIZED, EpisodeStatus.REVERSED])
@pytest.mark.parametrize("lane", [Lane.INNER, Lane.OUTER])
def test_a_car_goes_to_the_lane_it_was_nearer_to_in_the_step_before(failure, lane):
    now = car(15.0, lane.opposite)  # off the track, it may be nearer to another part of it
    place = PutBack(EvaluationRules(), LENGTH).choose(failure, now, car(5.0, lane))
    assert place == Placement(5.0, lane)


@pytest.mark.parametrize(
    ("standing", "place"),
    [
        (Placement(5.5, Lane.INNER), Placement(4.5, Lane.OUTER)),
        (Placement(4.5, Lane.OUTER), Placement(3.5, Lane.INNER)),
        (Placement(6.0, Lane.INNER), None),  # a metre away: it was another car
    ],
)
def test_a_car_that_crashed_goes_behind_the_object_on_the_other_lane(standing, place):
    put_back = PutBack(EvaluationRules(), LENGTH, [standing])
    assert put_back.choose(CRASHED, car(5.0), car(2.0)) == place


def test_a_car_that_left_the_track_near_an_object_goes_behind_it():
    put_back = PutBack(EvaluationRules(), LENGTH, [Placement(5.5, Lane.INNER)])
    assert put_back.choose(OFF_TRACK, car(9.0), car(5.0)) == Placement(4.5, Lane.OUTER)


def test_behind_an_object_just_after_the_line_is_before_the_line():
    closed = PutBack(EvaluationRules(), LENGTH, [Placement(0.25, Lane.INNER)])
    assert closed.choose(CRASHED, car(0.0), car(19.9)) == Placement(19.25, Lane.OUTER)
    open_track = PutBack(EvaluationRules(), LENGTH, [Placement(0.25, Lane.INNER)], closed=False)
    assert open_track.choose(CRASHED, car(0.0), car(0.0)) == Placement(0.0, Lane.OUTER)


def crash_places(rules: EvaluationRules, arclengths: list[float]) -> list[float | None]:
    """Crash at these places of a track with objects at 5 m and 10 m."""
    objects = [Placement(5.0, Lane.INNER), Placement(10.0, Lane.INNER)]
    put_back = PutBack(rules, LENGTH, objects)
    places = [put_back.choose(CRASHED, car(s), car(s)) for s in arclengths]
    return [place and place.arclength for place in places]


def test_the_third_failure_at_the_same_object_brings_a_car_ahead_of_it():
    assert crash_places(EvaluationRules(), [5.0] * 6) == [4.0, 4.0, 6.0] * 2


def test_failures_at_another_object_count_anew():
    places = crash_places(EvaluationRules(), [5.0, 5.0, 10.0, 5.0, 5.0, 5.0])
    assert places == [4.0, 4.0, 9.0, 4.0, 4.0, 6.0]


def test_mercy_can_be_switched_off_and_distances_chosen():
    rules = EvaluationRules(mercy_crashes=0, reset_behind_distance=0.5)
    assert crash_places(rules, [5.0] * 4) == [4.5] * 4
    rules = EvaluationRules(mercy_crashes=1, reset_ahead_distance=2.0)
    assert crash_places(rules, [5.0, 5.0]) == [7.0, 7.0]


def test_failures_at_the_object_are_counted_for_the_trace():
    put_back = PutBack(EvaluationRules(), LENGTH, [Placement(5.0, Lane.INNER)])
    counts = []
    for _ in range(4):
        put_back.choose(CRASHED, car(5.0), car(5.0))
        counts.append(put_back.object_crashes)
    assert counts == [1, 2, 0, 1]
