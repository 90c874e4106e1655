"""The marshal of an evaluation: times, penalties, places and rows, driven by the book."""

from __future__ import annotations

import pytest
from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.evaluation_report import format_table
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.evaluation.config import EvaluationConfig, plan_runs
from deepracer_sim.race_objects import ObjectPlan
from env_samples import TRACK
from evaluation_samples import SPEED, Drive, fail_at

LAP = (TRACK.length - VEHICLE.front_point_x) / SPEED  # [s]
AWAY = 0.8  # [m] off the track


def test_trials_begin_at_the_start_line_and_take_the_time_of_a_lap():
    drive = Drive(EvaluationConfig(trials=2)).run()
    assert [trial.complete for trial in drive.marshal.trials] == [True, True]
    for trial in drive.marshal.trials:
        assert trial.total.time == pytest.approx(LAP, abs=CONTROL_PERIOD)
        assert trial.total.resets == 0
    assert [start.fraction for start in drive.starts] == [0.0, 0.0]
    assert drive.starts[0].seed != drive.starts[1].seed
    assert all(start.hold == start.race_time == 0.0 for start in drive.starts)
    assert drive.said[-1].startswith("trial 2 of 2: Lap complete, 100 % in 00:08.")
    assert sum("50 %" in line for line in drive.said) == 2


def test_rows_are_those_of_the_laps_on_one_clock():
    drive = Drive(EvaluationConfig(trials=2)).run()
    first, second = ([row for row in drive.rows if row.episode == lap] for lap in (0, 1))
    for rows, trial in zip((first, second), drive.marshal.trials):
        assert [row.steps for row in rows] == list(range(1, len(rows) + 1))
        assert [row.done for row in rows] == [False] * (len(rows) - 1) + [True]
        assert (rows[0].time, rows[-1].time) == (trial.total.start_time, trial.total.end_time)
        assert rows[0].status is EpisodeStatus.PREPARE
        assert rows[-1].status is EpisodeStatus.LAP_COMPLETE
    assert second[0].time - first[-1].time == pytest.approx(CONTROL_PERIOD)
    assert {(row.action, row.speed, row.reward) for row in drive.rows} == {(3, SPEED, 1.5)}


@pytest.mark.parametrize(
    ("changes", "status", "penalty"),
    [
        ({"left": AWAY}, EpisodeStatus.OFF_TRACK, 2.0),
        ({"crashed": True}, EpisodeStatus.CRASHED, 5.0),
        ({"stands": True}, EpisodeStatus.IMMOBILIZED, 0.0),
    ],
)
def test_after_a_failure_the_car_is_put_back_and_held(changes, status, penalty):
    driver = fail_at(6.0, **changes)
    if status is EpisodeStatus.IMMOBILIZED:
        driver = stand_at(6.0)
    drive = Drive(EvaluationConfig(trials=1), driver).run()
    (trial,) = drive.marshal.trials
    assert trial.complete
    assert trial.total.resets == 1
    assert trial.total.time == pytest.approx(LAP + max(penalty, 16 * CONTROL_PERIOD), abs=0.3)
    _, back = drive.starts
    assert back.fraction * TRACK.length == pytest.approx(6.0, abs=0.4)
    assert back.hold == pytest.approx(max(penalty - CONTROL_PERIOD, 0.0))
    assert back.race_time == pytest.approx(drive.rows[0].time + 6.0 / SPEED, abs=1.3)
    assert ("lateral_offset", 0.0) in back.settings
    paused = [row for row in drive.rows if row.status is EpisodeStatus.PAUSE]
    assert len(paused) == pytest.approx(penalty / CONTROL_PERIOD, abs=1)
    assert all(row.speed == row.reward == row.steering_angle == 0.0 for row in paused)
    assert [row.status for row in drive.rows].count(status) == 1


def test_words_tell_the_same_whole_percents_as_the_table():
    way = 0.264 * TRACK.length
    rules = EvaluationRules(max_resets=1)
    config = EvaluationConfig(trials=1, rules=rules)
    drive = Drive(config, lambda moment: setattr(moment, "crashed", moment.way >= way)).run()
    (trial,) = drive.marshal.trials
    first = next(row for row in drive.rows if row.status is EpisodeStatus.CRASHED)
    assert first.progress % 1.0 > 0.5  # so that rounding would tell another number
    assert any(f"crashed at {int(first.progress)} %" in line for line in drive.said)
    assert f"Crashed, {int(trial.total.progress)} % in" in drive.said[-1]
    assert f"{int(trial.total.progress)}%" in format_table([trial.total])


def stand_at(way: float):
    """Stands for two seconds, once."""
    stood = []

    def drive(moment) -> None:
        moment.stands = moment.way >= way and len(stood) < 16
        stood.extend([True] * moment.stands)

    return drive


def test_a_car_without_resets_ends_its_trial_with_the_failure():
    rules = EvaluationRules(max_resets=0)
    drive = Drive(EvaluationConfig(trials=2, rules=rules), fail_at(6.0, left=AWAY)).run()
    failed, other = drive.marshal.trials
    assert (failed.complete, failed.total.status) == (False, EpisodeStatus.OFF_TRACK)
    assert failed.total.progress == pytest.approx(100 * 6.0 / TRACK.length, abs=3.0)
    assert (failed.total.off_tracks, failed.total.off_track_penalty) == (1, 0.0)
    assert other.complete
    assert len(drive.starts) == 2


def test_laps_in_a_row_make_one_trial():
    drive = Drive(EvaluationConfig(trials=2, laps=2)).run()
    assert len(drive.starts) == 2
    for trial in drive.marshal.trials:
        assert [lap.status for lap in trial.laps] == [EpisodeStatus.LAP_COMPLETE] * 2
        assert trial.total.progress == 100.0
        assert trial.total.time == pytest.approx(LAP + TRACK.length / SPEED, abs=0.1)
    assert [row.episode for row in drive.rows if row.done] == [0, 1, 2, 3]
    assert [row.status for row in drive.rows].count(EpisodeStatus.PREPARE) == 2


def test_a_trial_of_which_a_lap_fails_tells_how_far_it_came():
    rules = EvaluationRules(max_resets=0)
    config = EvaluationConfig(trials=1, laps=2, rules=rules)
    drive = Drive(config, fail_at(1.5 * TRACK.length, left=AWAY)).run()
    (trial,) = drive.marshal.trials
    assert not trial.complete
    assert trial.laps[0].status is EpisodeStatus.LAP_COMPLETE
    assert trial.total.progress == pytest.approx(75.0, abs=1.5)


def test_continuous_trials_follow_each_other_without_a_break():
    drive = Drive(EvaluationConfig(trials=3, continuous=True)).run()
    assert len(drive.starts) == 1
    assert [trial.number for trial in drive.marshal.trials] == [1, 2, 3]
    assert {trial.seed for trial in drive.marshal.trials} == {drive.starts[0].seed}
    later = drive.marshal.trials[1].total
    assert later.time == pytest.approx(TRACK.length / SPEED, abs=CONTROL_PERIOD)
    assert later.start_time == drive.marshal.trials[0].total.end_time


def test_a_continuous_evaluation_that_ends_early_is_finished():
    config = EvaluationConfig(trials=3, continuous=True, rules=EvaluationRules(max_resets=0))
    drive = Drive(config, fail_at(1.5 * TRACK.length, left=AWAY)).run()
    assert drive.marshal.finished
    assert [trial.complete for trial in drive.marshal.trials] == [True, False]


def test_the_other_way_round():
    drive = Drive(EvaluationConfig(trials=1, reverse=True), fail_at(6.0, left=AWAY)).run()
    assert all(start.reverse for start in drive.starts)
    assert drive.marshal.trials[0].complete
    assert drive.starts[1].fraction * TRACK.length == pytest.approx(6.0, abs=0.4)


def test_a_car_that_hit_an_obstacle_is_put_behind_it_on_the_free_lane():
    plan = ObjectPlan(count=1, positions=("0.5,1",))
    config = EvaluationConfig(trials=1, objects=plan, race_type="object_avoidance")
    there = 0.5 * TRACK.length
    drive = Drive(config, fail_at(there - 0.3, crashed=True)).run()
    _, back = drive.starts
    assert back.fraction * TRACK.length == pytest.approx(there - 1.0, abs=0.05)
    assert back.lateral_offset < -0.1  # the outer lane: the obstacle stands on the inner one
    (trial,) = drive.marshal.trials
    assert (trial.total.crashes, trial.total.collision_penalty) == (1, 5.0)
    assert {row.object_crashes for row in drive.rows} == {0, 1}


def test_mercy_may_lead_over_the_finish_line():
    share = 1.0 - 1.0 / TRACK.length
    plan = ObjectPlan(count=1, positions=(f"{share},1",))
    crashes = []

    def drive_into_it(moment) -> None:
        moment.crashed = moment.way > share * TRACK.length - 0.3 and len(crashes) < 3
        crashes.extend([True] * moment.crashed)

    config = EvaluationConfig(trials=1, objects=plan, race_type="object_avoidance")
    drive = Drive(config, drive_into_it).run()
    (trial,) = drive.marshal.trials
    assert trial.complete
    assert trial.total.crashes == 3
    assert trial.total.time == pytest.approx(LAP + 3 * 5.0, abs=1.5)
    assert [row.progress for row in drive.rows].count(100.0) == 1


def test_a_car_that_hit_a_bot_car_stays_where_it_is():
    plan = ObjectPlan("bot_car", count=1, positions=("0.5,1",))
    config = EvaluationConfig(trials=1, objects=plan, race_type="head_to_bot")
    drive = Drive(config, fail_at(6.0, crashed=True, left=0.12)).run()
    _, back = drive.starts
    assert back.fraction * TRACK.length == pytest.approx(6.0, abs=0.2)
    assert back.lateral_offset == pytest.approx(0.12, abs=0.01)
    assert back.heading_offset == pytest.approx(0.0, abs=0.05)
    assert back.hold == pytest.approx(5.0 - CONTROL_PERIOD)


def test_an_episode_that_is_begun_anew_counts_once():
    config = EvaluationConfig(trials=2)
    usual = Drive(config, fail_at(6.0, left=AWAY)).run()
    drive = Drive(config, fail_at(6.0, left=AWAY))
    drive.driver = lambda moment: None
    drive.episode(steps=20)  # the graph falls silent
    drive.driver = fail_at(6.0, left=AWAY)
    drive.run(episodes=1)
    drive.driver = lambda moment: None
    drive.episode(steps=40)
    drive.driver = usual_rest()
    drive.run()
    assert drive.marshal.trials == usual.marshal.trials
    assert drive.rows == usual.rows


def usual_rest():
    """After the failure, the car is on its way again at the centre."""

    def drive(moment) -> None:
        moment.left = 0.0

    return drive


def test_a_lap_that_takes_too_many_steps_is_given_up():
    rules = EvaluationRules(episode=EpisodeRules(max_steps=30))
    drive = Drive(EvaluationConfig(trials=1, rules=rules)).run()
    (trial,) = drive.marshal.trials
    assert trial.total.status is EpisodeStatus.STEP_LIMIT
    assert len(drive.rows) == 30


def test_what_a_grid_fixes_is_fixed_in_all_episodes_of_a_trial():
    config = EvaluationConfig(trials=2, robustness=True)
    drive = Drive(config, fail_at(6.0, left=AWAY)).run()
    fixed = [dict(trial.settings) for trial in drive.marshal.trials]
    assert fixed[0] != fixed[1]
    assert set(fixed[0]) == {"brightness", "latency", "friction", "steering_gain", "camera_pitch"}
    begun, back, following = (dict(start.settings) for start in drive.starts)
    assert begun == fixed[0]
    assert back == {**fixed[0], "lateral_offset": 0.0, "heading_offset": 0.0}
    assert following == fixed[1]
    assert not any("50 %" in line for line in drive.said)


def test_seeds_of_runs_follow_from_the_seed():
    one, other, another = (plan_runs(EvaluationConfig(trials=3, seed=seed)) for seed in (7, 7, 8))
    assert one == other
    assert len({run.seed for run in one + another}) == 6
