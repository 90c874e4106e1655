from __future__ import annotations

import math
from itertools import product

import pytest
from deepracer_car.actuation import MARGIN, TICK, Actuation, ActuationSettings
from deepracer_car.calibration import Calibration, PulseRange
from deepracer_car.diagnostics import (
    Level,
    describe_calibrating,
    describe_commands,
    describe_latency,
)
from deepracer_car.guard import NOTHING_SET
from deepracer_car.pwm import Channel
from deepracer_car.speed_table import SpeedTable
from deepracer_core.command_checks import DriveCommand, GateLimits, Refusal, Refused
from deepracer_core.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st

MS = 1_000_000
NOW = 1_700_000_000_000 * MS  # of the stamps' clock; the steady one begins elsewhere
STEADY = 5_000 * MS
NEUTRAL = {Channel.MOTOR: 1_446_000, Channel.SERVO: 1_450_000}
FULL = ActuationSettings(max_throttle=1.0)


def armed(settings: ActuationSettings = FULL, **more) -> Actuation:
    actuation = Actuation(Calibration(), settings, **more)
    actuation.arm()
    return actuation


def command(speed: float = 2.0, angle: float = 0.1, age: int = 0) -> DriveCommand:
    return DriveCommand(NOW - age, angle, speed)


def give(actuation: Actuation, wanted: DriveCommand, later: int = 0):
    return actuation.command(wanted, NOW + later, STEADY + later)


@pytest.mark.parametrize(
    ("speed", "scale", "motor"),
    [
        (0.0, 1.0, 1_446_000),
        (2.0, 1.0, 1_338_000),  # half of the largest speed: throttle 0.8, stock car
        (4.0, 1.0, 1_311_000),
        (4.0, 0.5, 1_378_500),
        (2.0, 0.5, 1_392_000),
        (4.0, 0.0, 1_446_000),
        (-4.0, 1.0, 1_603_500),
        (-2.0, 1.0, 1_572_000),
    ],
)
def test_speed_becomes_the_throttle_of_the_stock_car(speed, scale, motor):
    duties = give(armed(ActuationSettings(max_throttle=scale)), command(speed))
    assert duties[Channel.MOTOR] == motor


@pytest.mark.parametrize(
    ("angle", "full", "servo"),
    [
        (0.0, math.radians(30), 1_450_000),
        (math.radians(30), math.radians(30), 1_700_000),  # left
        (math.radians(-30), math.radians(30), 1_200_000),
        (math.radians(15), math.radians(30), 1_575_000),
        (math.radians(20), math.radians(20), 1_700_000),
        (math.radians(30), math.radians(20), 1_700_000),
    ],
)
def test_an_angle_becomes_a_share_of_full_lock(angle, full, servo):
    duties = give(armed(ActuationSettings(full_steering_angle=full)), command(angle=angle))
    assert duties[Channel.SERVO] == servo


@given(st.floats(-4.0, 4.0), st.floats(0.1, 4.0))
def test_no_speed_drives_backwards_when_forwards_is_meant(speed, full):
    duties = give(armed(ActuationSettings(full_speed=full, max_throttle=1.0)), command(speed))
    forwards = NEUTRAL[Channel.MOTOR] - duties[Channel.MOTOR]  # polarity -1
    assert forwards * speed >= 0.0
    if abs(speed) >= full:
        assert duties[Channel.MOTOR] in (1_311_000, 1_603_500)


def test_measured_speeds_replace_the_curve_and_obey_the_largest_throttle():
    table = SpeedTable([1.0, 2.0], [0.4, 0.6])
    actuation = armed(ActuationSettings(max_throttle=0.5), table=table)
    motor = Calibration().motor
    assert give(actuation, command(1.0))[Channel.MOTOR] == motor.duty(0.4)
    assert give(actuation, command(2.0))[Channel.MOTOR] == motor.duty(0.5)
    assert give(actuation, command(-2.0))[Channel.MOTOR] == motor.duty(-0.5)


def test_settings_change_from_the_next_command_on():
    actuation = armed()
    assert give(actuation, command(4.0))[Channel.MOTOR] == 1_311_000
    actuation.change(max_throttle=0.5)
    assert give(actuation, command(4.0))[Channel.MOTOR] == 1_378_500
    with pytest.raises(ConfigError, match=r"max_throttle = 1.5"):
        actuation.change(max_throttle=1.5, full_speed=1.0)
    assert actuation.settings == ActuationSettings(max_throttle=0.5)


@pytest.mark.parametrize(
    "values",
    [
        {"max_throttle": -0.01},
        {"max_throttle": 1.01},
        {"max_throttle": math.nan},
        {"full_speed": 0.0},
        {"full_speed": math.inf},
        {"full_steering_angle": -0.1},
        {"full_steering_angle": math.nan},
    ],
)
def test_settings_that_map_nothing_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        ActuationSettings(**values)


BAD = [
    *(
        (DriveCommand(NOW, angle, speed), Refusal.NOT_FINITE)
        for angle, speed in product((math.nan, math.inf, -math.inf, 0.1), repeat=2)
        if (angle, speed) != (0.1, 0.1)
    ),
    (command(speed=4.0001), Refusal.OUT_OF_RANGE),
    (command(speed=-4.0001), Refusal.OUT_OF_RANGE),
    (command(angle=0.5237), Refusal.OUT_OF_RANGE),
    (command(angle=-0.5237), Refusal.OUT_OF_RANGE),
    (command(age=200 * MS + 1), Refusal.STALE),
    (command(age=3_600_000 * MS), Refusal.STALE),
    (command(age=-10 * MS - 1), Refusal.FUTURE),
    (command(age=-3_600_000 * MS), Refusal.FUTURE),
]


@pytest.mark.parametrize(("bad", "code"), BAD)
def test_a_bad_command_means_neutral_at_once(bad, code):
    actuation = armed()
    assert give(actuation, command()) != NEUTRAL
    assert give(actuation, bad) == NEUTRAL
    assert actuation.refusal.code is code
    assert not actuation.is_driving
    assert (actuation.counters.used, actuation.counters.refused) == (1, 1)
    assert actuation.tick(STEADY + 1000 * MS) is None  # nothing is left that could expire


@pytest.mark.parametrize("age", [200 * MS, -10 * MS, 0])
def test_a_command_on_the_limits_is_used(age):
    actuation = armed()
    assert give(actuation, command(age=age)) != NEUTRAL
    assert actuation.refusal.code is Refusal.NONE
    assert actuation.is_driving


def test_after_a_refusal_the_next_good_command_drives_again():
    actuation = armed()
    give(actuation, command(math.nan))
    assert give(actuation, command()) != NEUTRAL
    assert actuation.refusal.code is Refusal.NONE


def test_nothing_drives_before_the_gate_was_stopped():
    actuation = Actuation(Calibration())
    assert give(actuation, command()) == NEUTRAL
    assert actuation.refusal.code is Refusal.MODE
    assert not actuation.is_armed
    actuation.arm()
    assert give(actuation, command()) != NEUTRAL
    assert actuation.is_armed


@pytest.mark.parametrize("age", [0, 100 * MS, 149 * MS])
def test_a_command_expires_before_its_age_is_too_much(age):
    actuation = armed()
    give(actuation, command(age=age))
    last = STEADY + 200 * MS - age - MARGIN
    assert actuation.tick(STEADY) is None
    assert actuation.tick(last - 1) is None
    assert actuation.is_driving
    assert actuation.tick(last) == NEUTRAL
    assert not actuation.is_driving
    assert actuation.tick(last + TICK) is None
    assert actuation.counters.expired == 1


@pytest.mark.parametrize("age", [-5 * MS, 0, 100 * MS])
def test_the_guard_ends_a_command_that_no_tick_has_ended_before_it_is_too_old(age):
    actuation = armed()
    assert actuation.holds_until == NOTHING_SET
    give(actuation, command(age=age))
    assert actuation.holds_until == STEADY + 180 * MS - max(age, 0)
    assert actuation.tick(actuation.holds_until - 10 * MS) == NEUTRAL
    assert actuation.holds_until == NOTHING_SET
    give(actuation, command())
    give(actuation, command(math.nan))
    assert actuation.holds_until == NOTHING_SET


@pytest.mark.parametrize(
    ("speed", "angle", "throttle", "holds"),
    [(0.0, 0.0, 1.0, False), (0.0, 0.1, 1.0, True), (0.1, 0.0, 1.0, True), (4.0, 0.0, 0.0, False)],
)
def test_a_command_whose_pulses_are_neutral_does_not_have_to_be_ended(
    speed, angle, throttle, holds
):
    """What the gate sends in STOPPED, say."""
    actuation = armed(ActuationSettings(max_throttle=throttle))
    give(actuation, command(speed, angle))
    assert (actuation.holds_until != NOTHING_SET) == holds
    give(actuation, command())
    give(actuation, command(speed, angle))
    assert (actuation.holds_until != NOTHING_SET) == holds


def test_pulses_hold_although_the_settings_have_changed_since():
    actuation = armed()
    give(actuation, command(4.0, 0.0))
    actuation.change(max_throttle=0.0)
    assert actuation.holds_until == STEADY + 180 * MS


def test_who_was_held_up_for_longer_than_a_gate_waits_does_not_drive_on():
    second = GateLimits().max_silence
    actuation = armed()
    actuation.tick(STEADY)
    assert give(actuation, command(), later=second - 200 * MS) == NEUTRAL  # its stamp is too old
    later = 2 * second - 200 * MS
    fresh = DriveCommand(NOW + later, 0.1, 2.0)
    assert give(actuation, fresh, later) != NEUTRAL
    assert actuation.is_armed
    late = DriveCommand(NOW + later + second + 1, 0.1, 2.0)
    assert give(actuation, late, later + second + 1) == NEUTRAL
    assert not actuation.is_armed
    assert actuation.refusal.code is Refusal.MODE
    assert give(actuation, late, later + second + 2) == NEUTRAL  # until it is started anew
    actuation.arm()
    assert give(actuation, late, later + second + 2) != NEUTRAL


def test_a_tick_notices_that_it_comes_after_a_long_time_too():
    second = GateLimits().max_silence
    actuation = armed()
    for time, is_armed in ((0, True), (second, True), (2 * second + 1, False)):
        actuation.tick(STEADY + time)
        assert actuation.is_armed == is_armed


def test_what_was_before_it_was_armed_does_not_count():
    actuation = armed()
    actuation.tick(STEADY)
    actuation.arm()
    actuation.tick(STEADY + 60_000 * MS)
    assert actuation.is_armed
    actuation.recalibrate(Calibration())
    actuation.tick(STEADY + 120_000 * MS)
    actuation.arm()
    actuation.tick(STEADY + 120_000 * MS)
    assert actuation.is_armed


def test_a_stamp_ahead_of_the_clock_does_not_prolong_a_command():
    actuation = armed()
    give(actuation, command(age=-10 * MS))
    assert actuation.tick(STEADY + 200 * MS - MARGIN) == NEUTRAL


def test_a_jump_of_the_system_clock_does_not_prolong_a_command():
    actuation = armed()
    give(actuation, command())
    back = DriveCommand(NOW - 60_000 * MS, 0.1, 2.0)
    assert actuation.command(back, NOW - 60_000 * MS, STEADY + 50 * MS) != NEUTRAL
    assert actuation.tick(STEADY + 250 * MS - MARGIN - 1) is None
    assert actuation.tick(STEADY + 250 * MS - MARGIN) == NEUTRAL


@given(
    st.lists(
        st.tuples(st.integers(0, 100 * MS), st.integers(-20 * MS, 300 * MS), st.floats(-5.0, 5.0)),
        max_size=30,
    )
)
def test_whatever_comes_no_pulse_outlives_its_command(events):
    """Ticks every 20 ms among commands of any age: what is not neutral is younger than 200 ms."""
    actuation = armed()
    time, shown, born = 0, NEUTRAL, 0
    next_tick = 0
    for pause, age, speed in [*events, (1000 * MS, 0, math.nan)]:
        arrival = time + pause
        while next_tick < arrival:
            assert shown == NEUTRAL or next_tick - born < 200 * MS
            shown = actuation.tick(STEADY + next_tick) or shown
            next_tick += TICK
        time = arrival
        stamp = NOW + time - age
        shown = actuation.command(DriveCommand(stamp, 0.1, speed), NOW + time, STEADY + time)
        born = min(time - age, time)
        good = -10 * MS <= age <= 200 * MS and abs(speed) <= 4.0
        assert (shown != NEUTRAL) == good
    assert shown == NEUTRAL


HEALTHY = st.tuples(st.integers(0, 20 * MS), st.integers(0, 60 * MS))
"""How late an image is taken, and how long it takes until its command arrives [ns]."""


@given(st.lists(HEALTHY, min_size=2, max_size=30), st.integers(0, TICK))
def test_a_car_whose_commands_come_at_15_hz_never_stands_in_between(images, phase):
    """However late its images are and its ticks fall."""
    actuation = armed()
    period = 66_666_667
    stamps = [turn * period + late for turn, (late, _) in enumerate(images)]
    arrivals = [stamp + takes for stamp, (_, takes) in zip(stamps, images)]
    events = [*zip(arrivals, stamps), *((tick, None) for tick in range(phase, max(arrivals), TICK))]
    for time, stamp in sorted(events, key=lambda event: event[0]):
        if stamp is None:
            assert actuation.tick(STEADY + time) is None
        else:
            given_command = DriveCommand(NOW + stamp, 0.1, 2.0)
            assert actuation.command(given_command, NOW + time, STEADY + time) != NEUTRAL


def test_everything_is_counted():
    actuation = armed()
    assert actuation.refusal == Refused(Refusal.NONE, "")
    for turn in range(1, 4):
        give(actuation, command(math.nan))
        give(actuation, command())
        assert actuation.refusal == Refused(Refusal.NONE, "")
        actuation.tick(STEADY + 200 * MS)
        counters = actuation.counters
        assert (counters.used, counters.refused, counters.expired) == (turn, turn, turn)


def test_standing_is_no_driving():
    actuation = armed()
    assert give(actuation, command(0.0, 0.0)) == NEUTRAL
    assert not actuation.is_driving


def test_latency_counts_from_the_stamp_of_used_commands_only():
    actuation = armed()
    used, refused = command(age=30 * MS), command(math.nan)
    give(actuation, used)
    actuation.wrote(used, NOW + 2 * MS)
    give(actuation, refused)
    actuation.wrote(refused, NOW + 3 * MS)
    assert (actuation.latency.count, actuation.latency.max) == (1, 32 * MS)


def test_what_it_tells_of_the_commands():
    actuation = Actuation(Calibration())
    give(actuation, command())
    status = describe_commands(actuation, publishers=1)
    assert status.level is Level.WARN
    assert status.message.startswith("neutral: the command gate has not been STOPPED")
    actuation.arm()
    assert describe_commands(actuation, publishers=1).values["armed"] == "True"
    give(actuation, command())
    status = describe_commands(actuation, publishers=1)
    assert (status.level, status.message) == (Level.OK, "drives")
    assert status.values == {
        "armed": "True",
        "used": "1",
        "refused": "1",
        "expired": "0",
        "max_throttle": "0.500",
    }
    actuation.tick(STEADY + 200 * MS)
    status = describe_commands(actuation, publishers=0)
    assert (status.level, status.message) == (Level.OK, "neutral")
    assert "2 nodes publish /drive" in describe_commands(actuation, publishers=2).message


def test_what_it_tells_of_latency():
    actuation = armed()
    for age in (5, 5, 5, 40):
        wanted = command(age=age * MS)
        give(actuation, wanted)
        actuation.wrote(wanted, NOW)
    status = describe_latency(actuation.latency)
    assert status.message == "p99 40.0 ms of 4 commands"
    assert status.values["p50 [ms]"] == "5.1"
    assert status.values["max [ms]"] == "40.0"
    assert status.values["up to 10 ms"] == "3"
    assert status.values["up to 50 ms"] == "1"


def test_another_calibration_means_another_neutral_and_a_new_start():
    actuation = armed()
    give(actuation, command())
    other = Calibration(motor=PulseRange(1_300_000, 1_400_000, 1_600_000, 1))
    actuation.recalibrate(other)
    assert not actuation.is_driving
    assert not actuation.is_armed
    assert actuation.neutral == {Channel.MOTOR: 1_400_000, Channel.SERVO: 1_450_000}
    assert give(actuation, command()) == actuation.neutral
    assert actuation.refusal.code is Refusal.MODE
    assert actuation.tick(STEADY + 1_000 * MS) is None
    actuation.arm()
    assert give(actuation, command(4.0))[Channel.MOTOR] == 1_600_000


def test_while_it_is_calibrated_the_car_says_so():
    status = describe_calibrating()
    assert (status.name, status.level) == ("servo: commands", Level.WARN)
    assert status.message == "let go of the hardware for calibration"
    assert status.values == {}
