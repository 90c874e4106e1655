"""The command gate's states and decisions, one behaviour each."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import pytest
from deepracer_core.command_gate import (
    HAND_OVER,
    CommandGate,
    DriveCommand,
    GateLimits,
    GateStatus,
    Mode,
    Refusal,
    Source,
)
from deepracer_core.errors import ConfigError, ModeError

MS = 1_000_000
PERIOD = 66 * MS
START = 10_000 * MS
LIMITS = GateLimits()
POLICY, TELEOP = Source.POLICY, Source.TELEOP
DRIVING = [(Mode.MANUAL, TELEOP), (Mode.AUTONOMOUS, POLICY)]
in_each_driving_mode = pytest.mark.parametrize(("mode", "driver"), DRIVING)

MESSAGE = Path(__file__).parents[2] / "deepracer_interfaces/msg/GateStatus.msg"


def command(stamp, steering_angle=0.2, speed=1.0):
    return DriveCommand(stamp, steering_angle, speed)


def neutral(stamp):
    return DriveCommand(stamp, 0.0, 0.0)


def gate_in(mode, limits=LIMITS, now=START):
    gate = CommandGate(limits)
    gate.tick(now)
    gate.set_mode(mode, now)
    return gate


def driving_gate(mode, driver, limits=LIMITS, now=START):
    """A gate that has just passed on a command stamped `now`."""
    gate = gate_in(mode, limits, now)
    assert gate.command(driver, command(now), now) == command(now)
    return gate


class TestBoot:
    def test_status(self):
        assert CommandGate().status == GateStatus(
            mode=Mode.STOPPED,
            source=None,
            refusal=Refusal.NONE,
            reason="",
            max_speed=4.0,
            passed=0,
            limited=0,
            refused=0,
        )

    @pytest.mark.parametrize("source", Source)
    def test_nobody_drives_before_a_mode_is_set(self, source):
        gate = CommandGate()
        assert gate.command(source, command(START), START) == neutral(START)
        assert gate.status.mode is Mode.STOPPED
        assert gate.status.refusal is Refusal.MODE
        assert gate.status.reason == (
            f"{source.name} refused: the mode is STOPPED, because it is STOPPED after every start; "
            f"change it with set_mode"
        )
        gate.command(source, command(START + 1), START + 1)
        assert (gate.status.passed, gate.status.refused) == (0, 2)

    def test_a_tick_sends_nothing(self):
        assert CommandGate().tick(START) is None

    def test_simulated_time_may_start_at_zero(self):
        gate = CommandGate()
        gate.tick(0)
        assert gate.status.refusal is Refusal.NONE
        gate.set_mode(Mode.AUTONOMOUS, 0)
        assert gate.command(POLICY, command(0, 0.5, 4.0), 0) == command(0, 0.5, 4.0)


class TestDriving:
    @in_each_driving_mode
    def test_the_driver_s_commands_pass_unaltered(self, mode, driver):
        gate = gate_in(mode)
        for step, (angle, speed) in enumerate([(0.5, 4.0), (-0.5, 0.1), (0.5, 4.0), (0.0, 0.0)]):
            now = START + step * PERIOD
            assert gate.command(driver, command(now, angle, speed), now) == command(
                now, angle, speed
            )
            assert gate.status.source is driver
        assert gate.status == GateStatus(mode, driver, Refusal.NONE, "", 4.0, 4, 0, 0)

    @in_each_driving_mode
    @pytest.mark.parametrize("age", [-LIMITS.max_lead, 0, LIMITS.max_age])
    def test_the_stamp_is_kept(self, mode, driver, age):
        gate = gate_in(mode)
        assert gate.command(driver, command(START - age), START) == command(START - age)

    @in_each_driving_mode
    @pytest.mark.parametrize(
        ("bad", "refusal"),
        [
            (command(START + 1, math.nan, 1.0), Refusal.NOT_FINITE),
            (command(START + 1, 0.0, math.inf), Refusal.NOT_FINITE),
            (command(START + 1, 0.6, 1.0), Refusal.OUT_OF_RANGE),
            (command(START + 1, 0.0, -4.1), Refusal.OUT_OF_RANGE),
            (command(START, 0.1), Refusal.OUT_OF_ORDER),
            (command(START - 1), Refusal.OUT_OF_ORDER),
        ],
    )
    def test_a_refusal_means_neutral_at_once(self, mode, driver, bad, refusal):
        gate = driving_gate(mode, driver)
        assert gate.command(driver, bad, START + 1) == neutral(bad.stamp)
        status = gate.status
        assert (status.mode, status.source, status.refusal) == (mode, None, refusal)
        assert status.reason.startswith(f"{driver.name} refused: ")
        assert (status.passed, status.refused) == (1, 1)
        later = command(START + PERIOD)
        assert gate.command(driver, later, START + PERIOD) == later
        assert gate.status.source is driver

    @in_each_driving_mode
    def test_a_command_that_comes_again_is_answered_again_and_changes_nothing(self, mode, driver):
        gate = gate_in(mode)
        gate.set_max_speed(2.0)
        asked, held = command(START, 0.2, 3.0), command(START, 0.2, 2.0)
        assert gate.command(driver, asked, START) == held
        before = gate.status
        for later in (START, START + 1, START + LIMITS.max_age):
            assert gate.command(driver, asked, later) == held
        assert gate.status == before
        late = START + LIMITS.max_age + 1
        assert gate.command(driver, asked, late) == neutral(START + 1)
        assert gate.status.refusal is Refusal.OUT_OF_ORDER

    def test_a_command_that_comes_again_ends_no_silence(self):
        gate = CommandGate(GateLimits(max_age=LIMITS.max_silence))
        gate.tick(START)
        gate.set_mode(Mode.AUTONOMOUS, START)
        gate.command(POLICY, command(START + 1), START)
        gate.command(POLICY, command(START + 1), START + LIMITS.max_silence)
        late = START + LIMITS.max_silence + 1
        assert gate.command(POLICY, command(START + 1), late) == neutral(START + 1)
        assert gate.status.mode is Mode.STOPPED

    @pytest.mark.parametrize(
        "change",
        [
            lambda gate: gate.set_mode(Mode.AUTONOMOUS, START),
            lambda gate: gate.set_max_speed(0.5),
            lambda gate: gate.command(POLICY, command(START + 1, math.nan), START),
            lambda gate: gate.stop(Refusal.OBSTACLE, "a wall", START),
        ],
    )
    def test_a_command_that_comes_again_after_a_change_is_refused(self, change):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        change(gate)
        assert gate.command(POLICY, command(START), START) == neutral(START)

    def test_what_another_source_asked_for_does_not_come_again(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        assert gate.command(TELEOP, command(START), START) == command(START)
        assert (gate.status.mode, gate.status.passed) == (Mode.MANUAL, 2)
        assert gate.command(POLICY, command(START), START) is None

    def test_the_reason_of_a_refusal_stays_until_the_mode_is_set(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        gate.command(POLICY, command(START + 1, math.nan), START + 1)
        gate.command(POLICY, command(START + 2), START + 2)
        assert gate.status.reason == (
            "POLICY refused: steering_angle is nan: look at what computes it"
        )
        gate.set_mode(Mode.AUTONOMOUS, START + 3)
        assert (gate.status.refusal, gate.status.reason) == (Refusal.NONE, "")

    def test_a_refused_stamp_does_not_count_as_the_last_one(self):
        gate = gate_in(Mode.AUTONOMOUS)
        gate.command(POLICY, command(START + 5, math.nan), START)
        assert gate.command(POLICY, command(START + 4), START + 4) == command(START + 4)

    @pytest.mark.parametrize(
        ("stamp", "answered"),
        [
            (START - LIMITS.max_age - 1, START - LIMITS.max_age),
            (START - 10**15, START - LIMITS.max_age),
            (START + LIMITS.max_lead + 1, START + LIMITS.max_lead),
            (START + 10**15, START + LIMITS.max_lead),
        ],
    )
    def test_an_absurd_stamp_is_not_repeated(self, stamp, answered):
        gate = gate_in(Mode.AUTONOMOUS)
        assert gate.command(POLICY, command(stamp), START) == neutral(answered)
        assert gate.status.refusal in (Refusal.STALE, Refusal.FUTURE)


class TestPriority:
    def test_the_policy_does_not_disturb_a_human(self):
        gate = driving_gate(Mode.MANUAL, TELEOP)
        assert gate.command(POLICY, command(START + 1, 0.0, 4.0), START + 1) is None
        status = gate.status
        assert (status.mode, status.source) == (Mode.MANUAL, TELEOP)
        assert (status.refusal, status.refused) == (Refusal.PRIORITY, 1)
        assert status.reason == (
            "POLICY refused: in MANUAL only TELEOP drives; hand over with set_mode"
        )

    def test_a_human_takes_over(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        human = command(START + 50 * MS, -0.1, 0.5)
        assert gate.command(TELEOP, human, START + 50 * MS) == human
        assert (gate.status.mode, gate.status.source) == (Mode.MANUAL, TELEOP)
        assert gate.command(POLICY, command(START + PERIOD), START + PERIOD) is None

    @pytest.mark.parametrize(
        "broken",
        [
            command(START + 1, math.nan),
            command(START + 1, 0.0, 99.0),
            command(START - 10**10),
            command(START + 10**10),
        ],
    )
    def test_a_human_with_a_broken_joystick_stops_the_policy(self, broken):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        sent = gate.command(TELEOP, broken, START + 1)
        assert (sent.steering_angle, sent.speed) == (0.0, 0.0)
        assert (gate.status.mode, gate.status.source) == (Mode.MANUAL, None)
        assert gate.command(POLICY, command(START + PERIOD), START + PERIOD) is None

    def test_the_policy_does_not_get_the_car_back_when_the_human_falls_silent(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        gate.command(TELEOP, command(START + 1), START + 1)
        late = START + 1 + LIMITS.max_age
        assert gate.command(POLICY, command(late), late) is None
        assert gate.command(POLICY, command(late + 1), late + 1) == neutral(late + 1)
        assert (gate.status.mode, gate.status.source) == (Mode.MANUAL, None)
        end = START + 1 + LIMITS.max_silence + 1
        assert gate.command(POLICY, command(end), end) == neutral(end)
        assert gate.status.mode is Mode.STOPPED

    def test_a_takeover_has_the_full_time_to_continue(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        now = START + LIMITS.max_silence
        gate.command(TELEOP, command(now, math.nan), now)
        gate.tick(now + LIMITS.max_silence)
        assert gate.status.mode is Mode.MANUAL
        gate.tick(now + LIMITS.max_silence + 1)
        assert gate.status.mode is Mode.STOPPED

    @pytest.mark.parametrize("source", Source)
    def test_nobody_drives_during_calibration(self, source):
        gate = gate_in(Mode.CALIBRATION)
        assert gate.command(source, command(START), START) == neutral(START)
        assert (gate.status.mode, gate.status.refusal) == (Mode.CALIBRATION, Refusal.MODE)
        assert gate.status.reason == (
            f"{source.name} refused: the mode is CALIBRATION, because set_mode asked for it; "
            f"change it with set_mode"
        )


class TestHandOver:
    """A human gives the car to the policy; what he sent just before may come after it."""

    @pytest.mark.parametrize("after", [0, 25 * MS, HAND_OVER])
    def test_his_rest_of_before_does_not_take_over(self, after):
        gate = gate_in(Mode.MANUAL)
        gate.set_mode(Mode.AUTONOMOUS, START)
        before, now = gate.status, START + after
        assert gate.command(TELEOP, neutral(now), now) is None
        assert gate.status == before
        assert gate.command(POLICY, command(now), now) == command(now)
        assert (gate.status.mode, gate.status.source) == (Mode.AUTONOMOUS, POLICY)

    def test_his_brake_takes_over_a_moment_later(self):
        gate = gate_in(Mode.MANUAL)
        gate.set_mode(Mode.AUTONOMOUS, START)
        late = START + HAND_OVER + 1
        assert gate.command(TELEOP, neutral(late), late) == neutral(late)
        assert (gate.status.mode, gate.status.source) == (Mode.MANUAL, TELEOP)

    @pytest.mark.parametrize(
        ("angle", "speed"), [(0.1, 0.0), (0.0, -0.1), (0.2, 1.0), (math.nan, 0.0), (0.0, math.inf)]
    )
    def test_his_hands_take_over_at_once(self, angle, speed):
        gate = gate_in(Mode.MANUAL)
        gate.set_mode(Mode.AUTONOMOUS, START)
        gate.command(TELEOP, command(START, angle, speed), START)
        assert gate.status.mode is Mode.MANUAL

    def test_a_command_that_grows_stale_meanwhile_ends(self):
        gate = gate_in(Mode.MANUAL)
        gate.set_mode(Mode.AUTONOMOUS, START)
        gate.command(POLICY, command(START - LIMITS.max_age), START)
        assert gate.command(TELEOP, neutral(START + 1), START + 1) == neutral(START + 1)
        assert (gate.status.mode, gate.status.source) == (Mode.AUTONOMOUS, None)

    @pytest.mark.parametrize("before", [Mode.STOPPED, Mode.AUTONOMOUS])
    def test_who_did_not_drive_has_nothing_left_over(self, before):
        gate = gate_in(before)
        gate.set_mode(Mode.AUTONOMOUS, START)
        gate.command(TELEOP, neutral(START), START)
        assert gate.status.mode is Mode.MANUAL

    def test_a_later_start_is_no_handing_over(self):
        gate = gate_in(Mode.MANUAL)
        for mode in (Mode.AUTONOMOUS, Mode.STOPPED, Mode.AUTONOMOUS):
            gate.set_mode(mode, START)
        gate.command(TELEOP, neutral(START), START)
        assert gate.status.mode is Mode.MANUAL

    def test_only_the_human_may_be_at_rest(self):
        gate = gate_in(Mode.MANUAL)
        gate.set_mode(Mode.AUTONOMOUS, START)
        assert gate.command(POLICY, neutral(START), START) == neutral(START)
        assert gate.status.source is POLICY


class TestSilence:
    @in_each_driving_mode
    def test_the_car_stops_when_the_last_command_is_too_old(self, mode, driver):
        gate = driving_gate(mode, driver)
        assert gate.tick(START + LIMITS.max_age) is None
        assert gate.status.source is driver
        late = START + LIMITS.max_age + 1
        assert gate.tick(late) == neutral(late)
        assert gate.tick(late) is None
        status = gate.status
        assert (status.mode, status.source, status.refusal) == (mode, None, Refusal.STALE)
        assert status.reason.startswith("the command is 200.0 ms old, more than 200.0 ms: ")
        assert status.refused == 0

    def test_age_counts_from_the_stamp_not_from_the_arrival(self):
        gate = gate_in(Mode.AUTONOMOUS)
        gate.command(POLICY, command(START - 150 * MS), START)
        assert gate.tick(START + 50 * MS) is None
        assert gate.tick(START + 50 * MS + 1) == neutral(START + 50 * MS + 1)

    @in_each_driving_mode
    def test_a_hiccup_costs_only_its_time(self, mode, driver):
        gate = driving_gate(mode, driver)
        back = START + LIMITS.max_silence
        gate.tick(back)
        assert gate.command(driver, command(back), back) == command(back)

    @in_each_driving_mode
    def test_a_longer_silence_ends_the_mode(self, mode, driver):
        gate = driving_gate(mode, driver)
        late = START + LIMITS.max_silence + 1
        assert gate.tick(late) == neutral(late)
        status = gate.status
        assert (status.mode, status.source, status.refusal) == (Mode.STOPPED, None, Refusal.STALE)
        assert status.reason == f"nothing usable came from {driver.name} for 1.000 s"
        assert gate.command(driver, command(late + 1), late + 1) == neutral(late + 1)
        assert gate.status.reason == (
            f"{driver.name} refused: the mode is STOPPED, because nothing usable came from "
            f"{driver.name} for 1.000 s; change it with set_mode"
        )

    @in_each_driving_mode
    def test_silence_ends_the_mode_without_a_tick(self, mode, driver):
        gate = driving_gate(mode, driver)
        late = START + LIMITS.max_silence + 1
        assert gate.command(driver, command(late), late) == neutral(late)
        assert gate.status.mode is Mode.STOPPED

    @in_each_driving_mode
    def test_a_mode_ends_if_its_driver_never_begins(self, mode, driver):
        gate = gate_in(mode)
        assert gate.tick(START + LIMITS.max_silence) is None
        assert gate.status.mode is mode
        assert gate.tick(START + LIMITS.max_silence + 1) is None
        assert gate.status.mode is Mode.STOPPED

    @in_each_driving_mode
    def test_nonsense_is_silence(self, mode, driver):
        gate = driving_gate(mode, driver)
        now = START + LIMITS.max_silence
        gate.command(driver, command(now, math.nan), now)
        assert gate.status.mode is mode
        gate.tick(now + 1)
        assert gate.status.mode is Mode.STOPPED

    def test_usable_commands_keep_the_mode_for_ever(self):
        gate = gate_in(Mode.AUTONOMOUS)
        for now in range(START, START + 3 * LIMITS.max_silence, PERIOD):
            assert gate.command(POLICY, command(now), now) == command(now)

    @pytest.mark.parametrize("mode", [Mode.STOPPED, Mode.CALIBRATION])
    def test_where_nobody_drives_silence_changes_nothing(self, mode):
        gate = gate_in(mode)
        assert gate.tick(START + 100 * LIMITS.max_silence) is None
        assert (gate.status.mode, gate.status.refusal) == (mode, Refusal.NONE)


class TestClock:
    @in_each_driving_mode
    @pytest.mark.parametrize("back", [1, 5_000 * MS])
    def test_a_clock_that_runs_back_stops_the_car(self, mode, driver, back):
        gate = driving_gate(mode, driver)
        assert gate.tick(START) is None
        assert gate.tick(START - back) == neutral(START - back)
        status = gate.status
        assert (status.mode, status.source, status.refusal) == (Mode.STOPPED, None, Refusal.CLOCK)
        assert status.reason == f"the clock ran back by {back / 1e9:.3f} s"

    def test_after_that_old_stamps_count_again(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        earlier = START - 5_000 * MS
        assert gate.command(POLICY, command(earlier), earlier) == neutral(earlier)
        assert "because the clock ran back by 5.000 s" in gate.status.reason
        gate.set_mode(Mode.AUTONOMOUS, earlier)
        assert gate.command(POLICY, command(earlier), earlier) == command(earlier)

    def test_a_clock_that_leaps_ahead_stops_the_car(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        far = START + 10**15
        assert gate.command(POLICY, command(START + PERIOD), far) == neutral(far - LIMITS.max_age)
        assert gate.status.mode is Mode.STOPPED


class TestSetMode:
    @in_each_driving_mode
    @pytest.mark.parametrize("wanted", [Mode.STOPPED, Mode.MANUAL, Mode.AUTONOMOUS])
    def test_a_change_of_mode_goes_through_neutral(self, mode, driver, wanted):
        gate = driving_gate(mode, driver)
        assert gate.set_mode(wanted, START + 1) == neutral(START + 1)
        assert (gate.status.mode, gate.status.source) == (wanted, None)
        assert gate.tick(START + 1) is None

    def test_nothing_is_sent_if_the_car_stands(self):
        gate = CommandGate()
        for mode in (Mode.AUTONOMOUS, Mode.MANUAL, Mode.STOPPED, Mode.CALIBRATION, Mode.STOPPED):
            assert gate.set_mode(mode, START) is None
            assert gate.status.mode is mode

    def test_stopping_holds(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        gate.set_mode(Mode.STOPPED, START + 1)
        assert gate.command(POLICY, command(START + 2), START + 2) == neutral(START + 2)
        assert "because set_mode asked for it" in gate.status.reason

    @pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.AUTONOMOUS])
    def test_calibration_and_driving_meet_only_in_stopped(self, mode):
        for before, after in ((mode, Mode.CALIBRATION), (Mode.CALIBRATION, mode)):
            gate = gate_in(before)
            with pytest.raises(ModeError) as error:
                gate.set_mode(after, START)
            assert str(error.value) == (
                f"cannot change from {before.name} to {after.name}: a car whose calibration "
                f"changes must stand; set the mode STOPPED first"
            )
            assert gate.status.mode is before
            gate.set_mode(Mode.STOPPED, START)
            gate.set_mode(after, START)
            assert gate.status.mode is after

    def test_a_refused_change_leaves_the_drive_alone(self):
        gate = driving_gate(Mode.MANUAL, TELEOP)
        with pytest.raises(ModeError):
            gate.set_mode(Mode.CALIBRATION, START + 10**12)
        assert gate.status.source is TELEOP
        late = START + LIMITS.max_age + 1
        assert gate.tick(late) == neutral(late)

    def test_calibration_may_be_entered_again(self):
        gate = gate_in(Mode.CALIBRATION)
        gate.set_mode(Mode.CALIBRATION, START)
        assert gate.status.mode is Mode.CALIBRATION

    def test_a_stale_drive_ends_with_one_neutral(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        late = START + LIMITS.max_age + 1
        assert gate.set_mode(Mode.AUTONOMOUS, late) == neutral(late)
        assert gate.tick(late) is None

    def test_stamps_of_before_the_change_still_count(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        gate.set_mode(Mode.AUTONOMOUS, START + 1)
        assert gate.command(POLICY, command(START), START + 1) == neutral(START)
        assert gate.status.refusal is Refusal.OUT_OF_ORDER


class TestSpeedLimit:
    @pytest.mark.parametrize(
        ("speed", "sent"), [(1.4, 1.4), (1.5, 1.5), (1.6, 1.5), (-1.5, -1.5), (-1.6, -1.5)]
    )
    def test_faster_commands_are_held_to_it(self, speed, sent):
        gate = gate_in(Mode.MANUAL)
        gate.set_max_speed(1.5)
        held = gate.command(TELEOP, command(START, 0.3, speed), START)
        assert held == command(START, 0.3, sent)
        assert (gate.status.max_speed, gate.status.limited) == (1.5, int(speed != sent))

    def test_zero_lets_the_wheels_steer_only(self):
        gate = gate_in(Mode.AUTONOMOUS)
        gate.set_max_speed(0.0)
        assert gate.command(POLICY, command(START, 0.3, 4.0), START) == command(START, 0.3, 0.0)

    def test_beyond_the_hard_limit_a_command_is_refused_all_the_same(self):
        gate = gate_in(Mode.AUTONOMOUS)
        gate.set_max_speed(1.0)
        assert gate.command(POLICY, command(START, 0.0, 4.1), START) == neutral(START)

    @pytest.mark.parametrize("value", [-0.001, math.nextafter(4.0, 5.0), math.nan, math.inf])
    def test_an_impossible_limit_is_refused(self, value):
        gate = CommandGate()
        with pytest.raises(ConfigError) as error:
            gate.set_max_speed(value)
        assert str(error.value) == f"max_speed {value} m/s: give a value from 0 to 4.0 m/s"
        gate.set_max_speed(4.0)
        assert gate.status.max_speed == 4.0


class TestRateLimit:
    SLOW = GateLimits(max_steering_rate=2.0, max_acceleration=5.0)

    def send(self, gate, stamp, angle, speed, source=POLICY):
        sent = gate.command(source, command(stamp, angle, speed), stamp)
        return pytest.approx((sent.steering_angle, sent.speed))

    def test_change_is_held_to_the_time_between_stamps(self):
        gate = gate_in(Mode.AUTONOMOUS, self.SLOW)
        gate.command(POLICY, command(START, 0.0, 1.0), START)
        assert self.send(gate, START + 50 * MS, 0.5, 4.0) == (0.1, 1.25)
        assert self.send(gate, START + 100 * MS, -0.5, 4.0) == (0.0, 1.5)
        assert self.send(gate, START + 150 * MS, -0.05, 0.2) == (-0.05, 0.2)
        assert gate.status.limited == 2

    @pytest.mark.parametrize("pause", [200 * MS, 900 * MS])
    def test_a_pause_saves_up_no_more_than_the_age_limit(self, pause):
        gate = gate_in(Mode.AUTONOMOUS, self.SLOW)
        gate.command(POLICY, command(START, 0.0, 0.0), START)
        assert self.send(gate, START + pause, 0.5, 4.0) == (0.4, 1.0)

    def test_the_first_command_counts_as_one_after_a_pause(self):
        gate = gate_in(Mode.AUTONOMOUS, self.SLOW)
        assert self.send(gate, START, -0.5, -4.0) == (-0.4, -1.0)

    def test_after_neutral_the_change_begins_at_neutral(self):
        gate = gate_in(Mode.AUTONOMOUS, self.SLOW)
        gate.command(POLICY, command(START, 0.4, 1.0), START)
        gate.command(POLICY, command(START + 1, math.nan), START + 1)
        assert self.send(gate, START + 50 * MS, 0.4, 1.0) == (0.1, 0.25)

    def test_a_takeover_continues_from_what_the_policy_did(self):
        gate = gate_in(Mode.AUTONOMOUS, self.SLOW)
        gate.command(POLICY, command(START, 0.4, 1.0), START)
        assert self.send(gate, START + 50 * MS, 0.0, 4.0, TELEOP) == (0.3, 1.25)

    def test_a_takeover_stamped_earlier_gets_no_negative_time(self):
        gate = gate_in(Mode.AUTONOMOUS, self.SLOW)
        gate.command(POLICY, command(START, 0.4, 1.0), START)
        human = gate.command(TELEOP, command(START - 20 * MS, 0.0, 4.0), START)
        assert human == command(START - 20 * MS, 0.4, 1.0)


def test_a_gate_of_its_own_keeps_to_its_own_limits():
    limits = dataclasses.replace(LIMITS, max_speed=2.0)
    gate = gate_in(Mode.AUTONOMOUS, limits)
    assert gate.status.max_speed == 2.0
    assert gate.command(POLICY, command(START, 0.0, 2.1), START) == neutral(START)


@pytest.mark.parametrize(("prefix", "enum"), [("MODE", Mode), ("REFUSAL", Refusal)])
def test_codes_are_those_of_the_message(prefix, enum):
    constants = re.findall(rf"^uint8 {prefix}_(\w+) = (\d+)$", MESSAGE.read_text(), re.MULTILINE)
    assert {name: int(value) for name, value in constants} == {
        member.name: member.value for member in enum
    }


def test_the_status_has_the_fields_of_the_message():
    fields = re.findall(r"^(?!uint8 [A-Z])[\w/]+ (\w+)$", MESSAGE.read_text(), re.MULTILINE)
    assert fields == ["stamp", *(field.name for field in dataclasses.fields(GateStatus))]


class TestStop:
    """Somebody else has noticed something, an obstacle say."""

    @in_each_driving_mode
    def test_it_stops_a_car_that_drives_until_a_mode_is_set_anew(self, mode, driver):
        gate = driving_gate(mode, driver)
        assert gate.goes_forwards
        assert gate.stop(Refusal.OBSTACLE, "a wall", START + MS) == neutral(START + MS)
        assert not gate.goes_forwards
        assert (gate.status.mode, gate.status.source) == (Mode.STOPPED, None)
        assert (gate.status.refusal, gate.status.reason) == (Refusal.OBSTACLE, "a wall")
        later = START + PERIOD
        assert gate.command(driver, command(later), later) == neutral(later)
        assert "because a wall" in gate.status.reason

    def test_a_car_that_stands_gets_nothing(self):
        gate = gate_in(Mode.AUTONOMOUS)
        assert gate.stop(Refusal.OBSTACLE, "a wall", START) is None
        assert gate.status.mode is Mode.STOPPED

    def test_a_command_that_grew_stale_meanwhile_is_let_go_of(self):
        gate = driving_gate(Mode.AUTONOMOUS, POLICY)
        now = START + LIMITS.max_age + 1
        assert gate.stop(Refusal.OBSTACLE, "a wall", now) == neutral(now)
        assert gate.status.mode is Mode.STOPPED
        assert gate.status.refusal is Refusal.OBSTACLE

    @pytest.mark.parametrize(("speed", "forwards"), [(1.0, True), (0.0, False), (-1.0, False)])
    def test_going_forwards_is_told_from_the_rest(self, speed, forwards):
        gate = gate_in(Mode.MANUAL)
        assert not gate.goes_forwards
        gate.command(TELEOP, command(START, speed=speed), START)
        assert gate.goes_forwards == forwards
