"""Episode rules: each limit on and beside it, their order, and cars that leave each other alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.episode import EpisodeMonitor, EpisodeRules, EpisodeStatus
from deepracer_core.errors import ConfigError, EpisodeError
from hypothesis import given, settings
from hypothesis import strategies as st

STEP_OUTCOME = Path(__file__).parents[2] / "deepracer_interfaces" / "msg" / "StepOutcome.msg"


def drive(monitor: EpisodeMonitor, **car) -> EpisodeStatus:
    """One step of a monitor of one car, which by default drives well, a little on each time."""
    step = int(monitor.steps[0]) + 1
    state = {
        "progress": 0.01 * step,
        "off_track": False,
        "crashed": False,
        "position": (0.1 * step, 0.0),
        "elapsed": step / 15,
        **car,
    }
    outcome = monitor.step(*([value] for value in state.values()))
    assert outcome.done[0] == (outcome.status[0] != EpisodeStatus.IN_PROGRESS)
    return EpisodeStatus(outcome.status[0])


def test_numbers_are_those_of_the_message():
    constants = re.findall(r"^uint8 STATUS_(\w+) = (\d+)$", STEP_OUTCOME.read_text(), re.MULTILINE)
    assert {name: int(value) for name, value in constants} == dict(EpisodeStatus.__members__)


def test_words_and_labels_are_those_of_simapp():
    labels = {status.word: status.label for status in EpisodeStatus}
    assert labels == {
        "in_progress": "In progress",
        "lap_complete": "Lap complete",
        "off_track": "Off track",
        "crashed": "Crashed",
        "immobilized": "Immobilized",
        "reversed": "Reversed",
        "time_up": "Time Up",
        "step_limit": "Step limit",
        "prepare": "Prepare",
        "pause": "Pause",
        "park": "Park",
    }


@pytest.mark.parametrize(
    ("progress", "status"),
    [
        (np.nextafter(100.0, 0.0), EpisodeStatus.IN_PROGRESS),
        (100.0, EpisodeStatus.LAP_COMPLETE),
        (100.1, EpisodeStatus.LAP_COMPLETE),
    ],
)
def test_lap_is_complete_at_100_percent(progress, status):
    assert drive(EpisodeMonitor(1), progress=progress) is status


def test_off_track_and_crash_end_at_once():
    assert drive(EpisodeMonitor(1), off_track=True) is EpisodeStatus.OFF_TRACK
    assert drive(EpisodeMonitor(1), crashed=True) is EpisodeStatus.CRASHED


@pytest.mark.parametrize(("first", "ends"), [(998, 1000), (999, 1000)])
def test_step_limit_is_the_1000th_step(first, ends):
    monitor = EpisodeMonitor(1)
    statuses = [drive(monitor) for _ in range(first)]
    while statuses[-1] is EpisodeStatus.IN_PROGRESS:
        statuses.append(drive(monitor))
    assert statuses[-1] is EpisodeStatus.STEP_LIMIT
    assert len(statuses) == ends


def test_step_limit_can_be_another_or_none():
    assert drive(EpisodeMonitor(1, EpisodeRules(max_steps=1))) is EpisodeStatus.STEP_LIMIT
    endless = EpisodeMonitor(1, EpisodeRules(max_steps=None))
    assert {drive(endless) for _ in range(1200)} == {EpisodeStatus.IN_PROGRESS}


@pytest.mark.parametrize(
    ("elapsed", "status"),
    [
        (180.0, EpisodeStatus.IN_PROGRESS),
        (np.nextafter(180.0, 181.0), EpisodeStatus.TIME_UP),
    ],
)
def test_time_is_up_after_the_limit(elapsed, status):
    monitor = EpisodeMonitor(1, EpisodeRules(time_limit=180.0))
    assert drive(monitor, elapsed=elapsed) is status


def standing_steps(monitor: EpisodeMonitor, moves: list[float]) -> list[EpisodeStatus]:
    """Drive one step from the origin, then by `moves` along x."""
    positions = np.concatenate([[0.0], np.cumsum(moves)])
    return [drive(monitor, position=(x, 0.0)) for x in positions]


@pytest.mark.parametrize(
    ("moves", "status"),
    [
        ([0.0] * 14, EpisodeStatus.IN_PROGRESS),
        ([0.0] * 15, EpisodeStatus.IMMOBILIZED),
        ([0.0] * 14 + [0.00031], EpisodeStatus.IN_PROGRESS),
        ([0.00031] * 40, EpisodeStatus.IN_PROGRESS),
        ([0.0] * 14 + [1.0] + [0.0] * 14, EpisodeStatus.IN_PROGRESS),
        ([1.0] + [0.0] * 15, EpisodeStatus.IMMOBILIZED),
    ],
)
def test_immobilized_after_15_steps_standing(moves, status):
    assert standing_steps(EpisodeMonitor(1), moves)[-1] is status


@pytest.mark.parametrize(
    ("x", "status"),
    [
        (0.0003, EpisodeStatus.IMMOBILIZED),
        (np.nextafter(0.0003, 1.0), EpisodeStatus.IN_PROGRESS),
    ],
)
def test_a_car_stands_up_to_and_with_three_tenths_of_a_millimetre(x, status):
    monitor = EpisodeMonitor(1, EpisodeRules(immobilized_steps=1))
    drive(monitor, position=(0.0, 0.0))
    assert drive(monitor, position=(x, 0.0)) is status


def test_movement_counts_in_both_axes():
    monitor = EpisodeMonitor(1, EpisodeRules(immobilized_steps=1))
    drive(monitor, position=(0.0, 0.0))
    assert drive(monitor, position=(0.0002, 0.0003)) is EpisodeStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("progress", "status"),
    [
        (list(range(50, 35, -1)), EpisodeStatus.IN_PROGRESS),  # 15 values, 14 steps back
        (list(range(50, 34, -1)), EpisodeStatus.REVERSED),
        ([50, *range(49, 35, -1), 36, 35], EpisodeStatus.IN_PROGRESS),  # standing still begins anew
        ([50] * 40, EpisodeStatus.IN_PROGRESS),
        ([-0.1 * step for step in range(1, 15)], EpisodeStatus.IN_PROGRESS),
        ([-0.1 * step for step in range(1, 16)], EpisodeStatus.REVERSED),  # from 0 at the start
    ],
)
def test_reversed_after_15_steps_back(progress, status):
    monitor = EpisodeMonitor(1)
    assert [drive(monitor, progress=value) for value in progress][-1] is status


ORDER = [
    ("progress", EpisodeStatus.LAP_COMPLETE),
    ("off_track", EpisodeStatus.OFF_TRACK),
    ("crashed", EpisodeStatus.CRASHED),
    ("standing", EpisodeStatus.IMMOBILIZED),
    ("reversing", EpisodeStatus.REVERSED),
    ("elapsed", EpisodeStatus.TIME_UP),
    ("steps", EpisodeStatus.STEP_LIMIT),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_first_rule_that_holds_names_the_end(first):
    """All rules from `first` on hold in the third step; that step must be named after `first`."""
    holding = {name for name, _ in ORDER[first:]}
    rules = EpisodeRules(max_steps=3, time_limit=10.0, immobilized_steps=1, reversed_steps=2)
    monitor = EpisodeMonitor(1, rules)
    drive(monitor, progress=50.0, position=(1.0, 0.0), elapsed=0.0)
    drive(monitor, progress=49.0, position=(2.0, 0.0), elapsed=0.0)
    last = {
        "progress": 48.0 if "reversing" in holding else 60.0,
        "position": (2.0, 0.0) if "standing" in holding else (3.0, 0.0),
        "off_track": "off_track" in holding,
        "crashed": "crashed" in holding,
        "elapsed": 11.0 if "elapsed" in holding else 10.0,
    }
    if "progress" in holding:
        last["progress"] = 100.0
    assert drive(monitor, **last) is ORDER[first][1]


def test_an_episode_may_have_several_laps():
    monitor = EpisodeMonitor(1, EpisodeRules(laps=2, reversed_steps=1))
    state = [False], [False]
    outcome = monitor.step([100.0], *state, [(0, 0)], [0.0])
    assert (outcome.status[0], outcome.done[0]) == (EpisodeStatus.LAP_COMPLETE, False)
    # Progress falls from 100 to 1, but the new lap counts from 0.
    outcome = monitor.step([1.0], *state, [(1, 0)], [0.0])
    assert (outcome.status[0], outcome.done[0]) == (EpisodeStatus.IN_PROGRESS, False)
    outcome = monitor.step([100.0], *state, [(2, 0)], [0.0])
    assert (outcome.status[0], outcome.done[0]) == (EpisodeStatus.LAP_COMPLETE, True)
    assert monitor.laps.tolist() == [2]
    assert monitor.steps.tolist() == [3]


def test_reset_touches_the_chosen_cars_only():
    monitor = EpisodeMonitor(3, EpisodeRules(immobilized_steps=2))
    position = np.zeros((3, 2))
    none = [False] * 3
    monitor.step([1, 1, 1], none, none, position, [0.0] * 3)
    monitor.step([2, 2, 2], none, none, position, [0.0] * 3)
    monitor.reset(np.array([False, True, False]))
    assert monitor.steps.tolist() == [2, 0, 2]
    outcome = monitor.step([3, 3, 3], none, none, position, [0.0] * 3)
    expected = [EpisodeStatus.IMMOBILIZED, EpisodeStatus.IN_PROGRESS, EpisodeStatus.IMMOBILIZED]
    assert outcome.status.tolist() == expected
    assert outcome.done.tolist() == [True, False, True]


def test_a_car_that_ended_must_be_reset_before_the_next_step():
    monitor = EpisodeMonitor(2)
    step = ([1, 1], [False, True], [False, False], [(0, 0), (0, 0)], [0.0, 0.0])
    first = monitor.step(*step)
    assert first.done.tolist() == [False, True]
    with pytest.raises(EpisodeError, match=r"cars \[1\] have ended"):
        monitor.step(*step)
    monitor.reset(np.array([1]))
    assert first.done.tolist() == [False, True]  # what was told stays
    assert monitor.step(*step).done.tolist() == [False, True]


def test_resume_keeps_the_episode_and_forgets_standing_and_reversing():
    monitor = EpisodeMonitor(1, EpisodeRules(immobilized_steps=2, reversed_steps=2, max_steps=6))
    for progress in (5.0, 4.0):
        drive(monitor, progress=progress, position=(0.0, 0.0))
    assert drive(monitor, progress=4.5, position=(0.0, 0.0)) is EpisodeStatus.IMMOBILIZED
    monitor.resume()
    assert drive(monitor, progress=4.0, position=(0.0, 0.0)) is EpisodeStatus.IN_PROGRESS
    assert drive(monitor, progress=5.0, position=(0.0, 0.0)) is EpisodeStatus.IN_PROGRESS
    assert drive(monitor, progress=6.0, position=(1.0, 0.0)) is EpisodeStatus.STEP_LIMIT


def test_the_caller_may_reuse_its_arrays():
    monitor = EpisodeMonitor(1, EpisodeRules(immobilized_steps=1))
    position = np.zeros((1, 2))
    monitor.step([1.0], [False], [False], position, [0.0])
    position += 1.0
    outcome = monitor.step([2.0], [False], [False], position, [0.0])
    assert outcome.status.tolist() == [EpisodeStatus.IN_PROGRESS]


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("progress", [1.0, np.nan, 2.0], r"progress of cars \[1\] is not finite"),
        ("position", [[0, 0], [0, 0], [np.inf, 0]], r"position of cars \[2\] is not finite"),
        ("progress", [1.0, 2.0], r"progress has shape \(2,\): give \(3,\)"),
        ("position", [[0, 0, 0]] * 3, r"position has shape \(3, 3\): give \(3, 2\)"),
        ("off_track", [True], r"off_track has shape \(1,\)"),
        ("crashed", True, r"crashed has shape \(\)"),
        ("elapsed", 0.0, r"elapsed has shape \(\)"),
        ("elapsed", [np.nan, 0.0, 0.0], r"elapsed of cars \[0\] is not finite"),
    ],
)
def test_impossible_input_is_refused(argument, value, message):
    step = {
        "progress": [1.0] * 3,
        "off_track": [False] * 3,
        "crashed": [False] * 3,
        "position": [[0.0, 0.0]] * 3,
        "elapsed": [0.0] * 3,
    }
    monitor = EpisodeMonitor(3)
    with pytest.raises(EpisodeError, match=message):
        monitor.step(**{**step, argument: value})
    assert monitor.steps.tolist() == [0, 0, 0]


@pytest.mark.parametrize("limit", ["max_steps", "time_limit", "laps", "immobilized_steps"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_rules_must_be_positive(limit, value):
    with pytest.raises(ConfigError, match=f"EpisodeRules.{limit}"):
        EpisodeRules(**{limit: value})


@dataclass
class ScalarCar:
    """The rules written for one car, without arrays: the vectorised monitor must agree with it."""

    rules: EpisodeRules
    steps: int = 0
    laps: int = 0
    previous: float = 0.0
    positions: list[tuple[float, float]] = field(default_factory=list)
    falling: list[bool] = field(default_factory=list)

    def step(self, progress, off_track, crashed, position, elapsed) -> EpisodeStatus:
        self.steps += 1
        self.positions.append(position)
        self.falling.append(progress < self.previous)
        self.previous = progress
        moves = [
            np.hypot(b[0] - a[0], b[1] - a[1]) for a, b in zip(self.positions, self.positions[1:])
        ][-self.rules.immobilized_steps :]
        stands = [move <= self.rules.immobilized_distance for move in moves]
        back = self.falling[-self.rules.reversed_steps :]
        if progress >= 100:
            self.laps += 1
            self.previous = 0.0
            return EpisodeStatus.LAP_COMPLETE
        if off_track:
            return EpisodeStatus.OFF_TRACK
        if crashed:
            return EpisodeStatus.CRASHED
        if len(stands) == self.rules.immobilized_steps and all(stands):
            return EpisodeStatus.IMMOBILIZED
        if len(back) == self.rules.reversed_steps and all(back):
            return EpisodeStatus.REVERSED
        if elapsed > self.rules.time_limit:
            return EpisodeStatus.TIME_UP
        return EpisodeStatus.STEP_LIMIT if self.steps >= self.rules.max_steps else EpisodeStatus(0)

    def is_done(self, status: EpisodeStatus) -> bool:
        if status is EpisodeStatus.LAP_COMPLETE:
            return self.laps >= self.rules.laps
        return status is not EpisodeStatus.IN_PROGRESS


SMALL_RULES = EpisodeRules(
    max_steps=9, time_limit=2.0, laps=2, immobilized_steps=2, reversed_steps=2
)
CAR_STEP = st.tuples(
    st.sampled_from([-1.0, 10.0, 20.0, 99.9, 100.0]),
    st.sampled_from([False] * 7 + [True]),
    st.sampled_from([False] * 7 + [True]),
    st.sampled_from([(0.0, 0.0), (0.0, 0.0003), (1.0, 0.0), (2.0, 5.0)]),
    st.sampled_from([0.0, 1.0, 2.0, 2.1]),
)


@settings(deadline=None, derandomize=True)
@given(data=st.data(), cars=st.integers(1, 5), steps=st.integers(1, 14))
def test_a_batch_does_what_its_cars_do_alone(data, cars, steps):
    monitor = EpisodeMonitor(cars, SMALL_RULES)
    alone = [ScalarCar(SMALL_RULES) for _ in range(cars)]
    for _ in range(steps):
        batch = data.draw(st.lists(CAR_STEP, min_size=cars, max_size=cars))
        outcome = monitor.step(*zip(*batch))
        expected = [car.step(*state) for car, state in zip(alone, batch)]
        done = [car.is_done(status) for car, status in zip(alone, expected)]
        assert outcome.status.tolist() == expected
        assert outcome.done.tolist() == done
        assert monitor.steps.tolist() == [car.steps for car in alone]
        assert monitor.laps.tolist() == [car.laps for car in alone]
        monitor.reset(outcome.done)
        alone = [ScalarCar(SMALL_RULES) if ended else car for car, ended in zip(alone, done)]
