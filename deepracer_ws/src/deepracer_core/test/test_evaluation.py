"""Evaluations from the start to the table: laps, penalties, resets, continuous runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.errors import ConfigError, EpisodeError
from deepracer_core.evaluation import Evaluation, Verdict
from deepracer_core.evaluation_report import TrialResult, format_lap_time, format_table
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.lane import Lane, Placement
from deepracer_core.put_back import CarState
from deepracer_core.start_position import EVALUATION_START

LENGTH = 20.0
PERIOD = 0.25  # [s], without rounding in binary

IN_PROGRESS = EpisodeStatus.IN_PROGRESS
LAP_COMPLETE = EpisodeStatus.LAP_COMPLETE
OFF_TRACK = EpisodeStatus.OFF_TRACK
CRASHED = EpisodeStatus.CRASHED
IMMOBILIZED = EpisodeStatus.IMMOBILIZED
REVERSED = EpisodeStatus.REVERSED
PREPARE = EpisodeStatus.PREPARE
PAUSE = EpisodeStatus.PAUSE


class Drive:
    """Plays the car: time goes on by a period with every step, the rest is told."""

    def __init__(self, rules: EvaluationRules, objects: tuple[Placement, ...] = ()) -> None:
        self.evaluation = Evaluation(rules, LENGTH)
        self.objects = objects
        self.time = 0.0
        self.state = CarState(0.0, 0.0, False, False, (0.0, 0.0), 0.0, Lane.INNER)

    def begin(self) -> Drive:
        assert self.evaluation.begin(self.time, self.objects) == EVALUATION_START
        self.state = replace(self.state, progress=0.0, position=(0.0, 0.0))
        return self

    def step(self, **car) -> Verdict:
        """One step, in which the car moves on by a metre unless it is told otherwise."""
        x = self.state.position[0] + 1.0
        # After a lap, progress begins at 0 again.
        state = {"progress": self.state.progress % 100.0, "position": (x, 0.0), **car}
        self.state = replace(
            self.state,
            time=self.time,
            arclength=state["progress"] / 100 * LENGTH,
            **{"off_track": False, "crashed": False, **state},
        )
        self.time += PERIOD
        return self.evaluation.step(self.state)

    def fail(self, failure: EpisodeStatus) -> Verdict:
        """Step until the car has failed in this way."""
        if failure in (OFF_TRACK, CRASHED):
            return self.step(off_track=failure is OFF_TRACK, crashed=failure is CRASHED)
        backwards = failure is REVERSED
        for _ in range(20):
            progress = self.state.progress - (0.1 if backwards else 0.0)
            position = {} if backwards else {"position": self.state.position}
            verdict = self.step(progress=progress, **position)
            if verdict.status is failure:
                return verdict
        raise AssertionError(f"no {failure.word} within 20 steps")

    def wait(self) -> list[Verdict]:
        """Step while the car is held; all these verdicts."""
        verdicts = [self.step()]
        while verdicts[-1].hold > 0.0:
            verdicts.append(self.step())
        return verdicts


def test_a_trial_begins_with_prepare_and_ends_with_the_lap():
    drive = Drive(EvaluationRules(trials=1)).begin()
    assert drive.step(progress=1.0) == Verdict(PREPARE)
    assert drive.step(progress=50.0) == Verdict(IN_PROGRESS)
    result = TrialResult(trial=1, status=LAP_COMPLETE, progress=100.0, start_time=0.0, end_time=0.5)
    assert drive.step(progress=100.0) == Verdict(LAP_COMPLETE, result=result, run_over=True)
    assert drive.evaluation.results == [result]
    assert drive.evaluation.finished


def test_trials_follow_each_other_from_the_start_line():
    drive = Drive(EvaluationRules(trials=3))
    for trial in (1, 2, 3):
        assert not drive.evaluation.finished
        drive.time = 100.0 * trial
        drive.begin()
        assert drive.step().status is PREPARE
        verdict = drive.step(progress=100.0)
        assert verdict.run_over
        assert verdict.result is not None
        assert verdict.result.trial == trial
        assert verdict.result.start_time == 100.0 * trial
        assert verdict.result.time == PERIOD
    assert drive.evaluation.finished


def test_a_car_is_held_at_the_start_if_asked():
    drive = Drive(EvaluationRules(trials=1, prepare_time=0.5)).begin()
    assert drive.step() == Verdict(PREPARE, hold=0.5)
    assert drive.step(off_track=True) == Verdict(PREPARE, hold=0.25)  # nothing is judged yet
    assert drive.step() == Verdict(IN_PROGRESS)
    verdict = drive.step(progress=100.0)
    assert verdict.result is not None
    assert (verdict.result.start_time, verdict.result.time) == (0.5, 0.25)


@pytest.mark.parametrize(
    ("failure", "penalty", "counts", "penalties"),
    [
        (OFF_TRACK, 2.0, (1, 0, 0, 0), (2.0, 0.0)),
        (CRASHED, 5.0, (0, 1, 0, 0), (0.0, 5.0)),
        (IMMOBILIZED, 0.0, (0, 0, 1, 0), (0.0, 0.0)),
        (REVERSED, 2.0, (0, 0, 0, 1), (2.0, 0.0)),
    ],
)
def test_a_failure_costs_its_penalty_and_the_lap_goes_on(failure, penalty, counts, penalties):
    drive = Drive(EvaluationRules(trials=1)).begin()
    drive.step()
    drive.step(progress=25.0)
    verdict = drive.fail(failure)
    failed_at = drive.state.time
    assert (verdict.status, verdict.hold) == (failure, penalty)
    assert (verdict.result, verdict.run_over) == (None, False)
    held = drive.wait()
    assert [step.status for step in held[:-1]] == [PAUSE] * (len(held) - 1)
    assert [step.hold for step in held[:-1]] == [
        penalty - PERIOD * step for step in range(1, len(held))
    ]
    assert held[-1] == Verdict(IN_PROGRESS)
    assert drive.state.time == failed_at + max(penalty, PERIOD)
    result = drive.step(progress=100.0).result
    assert result is not None
    assert result.time == drive.state.time  # the clock went on
    assert (result.off_tracks, result.crashes, result.immobilizations, result.reversals) == counts
    assert (result.off_track_penalty, result.collision_penalty) == penalties
    assert result.resets == 1


def test_nothing_is_judged_while_a_car_is_held():
    drive = Drive(EvaluationRules(trials=1)).begin()
    drive.step()
    drive.fail(OFF_TRACK)
    assert drive.step(off_track=True, crashed=True).status is PAUSE
    drive.wait()
    result = drive.step(progress=100.0).result
    assert result is not None
    assert result.resets == 1


def test_a_hold_of_many_rounded_steps_ends_with_the_penalty():
    evaluation = Evaluation(EvaluationRules(trials=1, off_track_penalty=6.6), LENGTH)
    evaluation.begin(0.0)
    car = CarState(0.0, 1.0, False, False, (0.0, 0.0), 1.0, Lane.INNER)
    evaluation.step(car)
    time = 0.066
    evaluation.step(replace(car, time=time, off_track=True))
    held = 0
    while True:
        time += 0.066
        if evaluation.step(replace(car, time=time)).hold == 0.0:
            break
        held += 1
    assert held == 99  # the hundredth step, 6.6 s after the failure, drives


def test_a_car_is_put_back_where_it_left_the_track():
    drive = Drive(EvaluationRules(trials=1)).begin()
    drive.step()
    drive.step(progress=25.0)
    assert drive.step(progress=60.0, off_track=True).put_back == Placement(5.0, Lane.INNER)


def test_a_car_that_fails_in_its_first_step_is_put_back_there():
    drive = Drive(EvaluationRules(trials=1)).begin()
    assert drive.step(progress=5.0, off_track=True).put_back == Placement(1.0, Lane.INNER)


def test_after_a_hold_the_place_it_stood_on_counts():
    drive = Drive(EvaluationRules(trials=1)).begin()
    drive.step()
    drive.step(progress=25.0)
    drive.step(progress=60.0, off_track=True)
    drive.step(progress=25.0)  # held
    drive.wait()
    assert drive.step(progress=70.0, off_track=True).put_back == Placement(5.0, Lane.INNER)


def test_without_a_hold_the_place_of_the_next_step_counts():
    drive = Drive(EvaluationRules(trials=1, off_track_penalty=0.0)).begin()
    drive.step()
    drive.step(progress=25.0)
    assert drive.step(progress=60.0, off_track=True).put_back == Placement(5.0, Lane.INNER)
    assert drive.step(progress=26.0, off_track=True).put_back == Placement(5.2, Lane.INNER)


def test_a_car_that_hits_a_box_is_put_behind_it_and_one_that_hits_a_car_stays():
    drive = Drive(EvaluationRules(trials=1), (Placement(5.5, Lane.INNER),)).begin()
    drive.step()
    assert drive.step(progress=25.0, crashed=True).put_back == Placement(4.5, Lane.OUTER)
    assert drive.evaluation.object_crashes == 1
    drive.wait()
    verdict = drive.step(progress=75.0, crashed=True)
    assert (verdict.status, verdict.hold, verdict.put_back) == (CRASHED, 5.0, None)


def test_failures_are_counted_until_no_reset_is_left():
    drive = Drive(EvaluationRules(trials=2, max_resets=3, off_track_penalty=0.0)).begin()
    drive.step()
    for _ in range(3):
        drive.step(progress=30.0)
        verdict = drive.step(progress=31.0, off_track=True)
        assert (verdict.put_back, verdict.run_over) == (Placement(6.0, Lane.INNER), False)
    drive.step(progress=33.5)
    verdict = drive.step(progress=33.5, off_track=True)
    assert (verdict.put_back, verdict.hold, verdict.run_over) == (None, 0.0, True)
    assert verdict.result is not None
    assert (verdict.result.status, verdict.result.progress) == (OFF_TRACK, 33.5)
    assert verdict.result.off_tracks == verdict.result.resets == 4  # the last one too
    assert not drive.evaluation.finished  # the other trial has its own resets
    drive.begin().step()
    assert drive.step(off_track=True).put_back is not None


def test_without_resets_the_first_failure_ends_a_trial():
    drive = Drive(EvaluationRules(trials=1, max_resets=0)).begin()
    drive.step()
    verdict = drive.step(progress=12.0, crashed=True)
    assert verdict.run_over
    assert verdict.result is not None
    assert (verdict.result.crashes, verdict.result.collision_penalty) == (1, 0.0)


def test_a_continuous_run_times_each_lap_from_the_one_before():
    drive = Drive(EvaluationRules(trials=3, continuous=True)).begin()
    drive.step()
    laps = []
    for steps in (2, 3, 4):
        for step in range(steps - 1):
            assert drive.step(progress=10.0 + step).status is IN_PROGRESS
        laps.append(drive.step(progress=100.0))
    assert [lap.status for lap in laps] == [LAP_COMPLETE] * 3
    assert [lap.run_over for lap in laps] == [False, False, True]
    assert [lap.result.time for lap in laps if lap.result] == [0.5, 0.75, 1.0]
    assert [lap.result.trial for lap in laps if lap.result] == [1, 2, 3]
    assert drive.evaluation.finished


def test_a_continuous_run_shares_its_resets_but_counts_failures_by_lap():
    rules = EvaluationRules(trials=3, continuous=True, max_resets=2, off_track_penalty=0.0)
    drive = Drive(rules).begin()
    drive.step()
    drive.fail(OFF_TRACK)
    first = drive.step(progress=100.0).result
    drive.fail(OFF_TRACK)
    drive.step(progress=40.0)
    verdict = drive.fail(OFF_TRACK)
    assert first is not None
    assert verdict.result is not None
    assert (first.off_tracks, verdict.result.off_tracks) == (1, 2)
    assert verdict.run_over
    assert drive.evaluation.finished  # the third lap is not driven
    assert [result.status for result in drive.evaluation.results] == [LAP_COMPLETE, OFF_TRACK]


def test_the_step_limit_is_one_of_driven_steps_in_a_lap():
    rules = EvaluationRules(trials=2, continuous=True, episode=EpisodeRules(max_steps=4))
    drive = Drive(rules).begin()
    drive.step()
    drive.fail(OFF_TRACK)
    drive.wait()  # its last step drives
    assert drive.step(progress=100.0).status is LAP_COMPLETE
    assert [drive.step().status for _ in range(3)] == [IN_PROGRESS] * 3
    verdict = drive.step(progress=7.0)
    assert (verdict.status, verdict.run_over) == (EpisodeStatus.STEP_LIMIT, True)
    assert drive.evaluation.finished


def test_the_time_limit_is_one_of_the_run():
    rules = EvaluationRules(trials=9, continuous=True, episode=EpisodeRules(time_limit=1.0))
    drive = Drive(rules).begin()
    statuses = [drive.step(progress=100.0 if step == 2 else 5.0).status for step in range(6)]
    assert statuses == [PREPARE, IN_PROGRESS, LAP_COMPLETE, IN_PROGRESS, IN_PROGRESS, 6]
    assert drive.evaluation.finished


def test_steps_and_begins_come_in_turn():
    drive = Drive(EvaluationRules(trials=1))
    with pytest.raises(EpisodeError, match="begin one"):
        drive.step()
    drive.begin()
    with pytest.raises(EpisodeError, match="under way"):
        drive.evaluation.begin(0.0)
    drive.step(progress=100.0)
    with pytest.raises(EpisodeError, match="finished"):
        drive.evaluation.begin(0.0)
    with pytest.raises(EpisodeError, match="stop if finished"):
        drive.step()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trials", 0),
        ("max_resets", -1),
        ("off_track_penalty", -0.1),
        ("collision_penalty", float("nan")),
        ("episode", EpisodeRules(laps=2)),
    ],
)
def test_rules_are_checked(name, value):
    with pytest.raises(ConfigError, match=f"EvaluationRules.{name}"):
        EvaluationRules(**{name: value})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "00:00.000"),
        (0.0004, "00:00.000"),
        (0.0006, "00:00.001"),
        (13.39, "00:13.390"),
        (59.9996, "01:00.000"),
        (61.25, "01:01.250"),
        (6000.0, "100:00.000"),
    ],
)
def test_lap_times_are_written_as_in_the_console(seconds, text):
    assert format_lap_time(seconds) == text


def test_the_table_of_the_console():
    results = [
        TrialResult(1, LAP_COMPLETE, 100.0, 0.0, 15.99),
        TrialResult(
            2, OFF_TRACK, 63.98, 20.0, 95.5, off_tracks=3, crashes=1, off_track_penalty=4.0,
            collision_penalty=5.0,
        ),
    ]  # fmt: skip
    rows = [line.split("  ") for line in format_table(results).splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        [
            "Trial", "Time (MM:SS.mmm)", "% track completed", "Status", "Off-track",
            "Off-track penalty", "Crashes", "Crash penalty", "Resets",
        ],
        ["1", "00:15.990", "100%", "Lap complete", "0", "0 s", "0", "0 s", "0"],
        ["2", "01:15.500", "63%", "Off track", "3", "4 s", "1", "5 s", "4"],
    ]  # fmt: skip
