"""The command gate under any sequence of events: what holds for the car whatever happens."""

from __future__ import annotations

import math
from dataclasses import replace

from deepracer_core.command_gate import (
    DRIVERS,
    HAND_OVER,
    CommandGate,
    DriveCommand,
    GateLimits,
    Mode,
    Refusal,
    Source,
)
from deepracer_core.errors import ModeError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

LIMITS = GateLimits(max_steering_rate=4.0, max_acceleration=10.0)
TOLERANCE = 1e-12


def on_and_beside(*limits: int) -> st.SearchStrategy[int]:
    return st.sampled_from([limit + offset for limit in limits for offset in (-1, 0, 1)])


angles = st.one_of(
    st.sampled_from([0.0, math.nan, math.inf, -math.inf, math.nextafter(0.5235988, 1.0)]),
    st.floats(-LIMITS.max_steering_angle, LIMITS.max_steering_angle),
)
speeds = st.one_of(
    st.sampled_from([0.0, -0.0, math.nan, math.inf, math.nextafter(LIMITS.max_speed, 5.0)]),
    st.floats(-LIMITS.max_speed, LIMITS.max_speed),
)
ages = st.one_of(
    st.just(0),
    st.integers(-2 * LIMITS.max_lead, 2 * LIMITS.max_age),
    on_and_beside(-LIMITS.max_lead, LIMITS.max_age),
)
delays = st.one_of(
    st.sampled_from([0, 1, 20_000_000, 66_000_000] * 2),
    on_and_beside(LIMITS.max_age, LIMITS.max_silence, HAND_OVER),
)
sources = st.sampled_from(Source)


class GateMachine(RuleBasedStateMachine):
    """Plays all that may happen to a gate, and follows what a car would do with its answers."""

    def __init__(self):
        super().__init__()
        self.gate = CommandGate(LIMITS)
        self.now = 0
        self.max_speed = LIMITS.max_speed
        self.car: DriveCommand | None = None  # the command the car follows, None after neutral
        self.last_stamps: dict[Source, int] = {}
        self.handed_over = -math.inf  # when the mode was changed from MANUAL to AUTONOMOUS
        self.judged = 0

    def follow(self, sent: DriveCommand | None) -> None:
        """The car obeys what the gate sent in answer to anything but a command."""
        if sent is not None:
            assert (sent.steering_angle, sent.speed) == (0.0, 0.0)
            self.car = None

    @rule(delay=delays, leap=st.sampled_from([0] * 9 + [-1, -(10**9)]))
    def time_passes(self, delay, leap):
        """Now and then the clock runs back."""
        self.now += leap or delay
        self.follow(self.gate.tick(self.now))
        if leap:
            self.last_stamps.clear()
            self.handed_over = -math.inf
            assert self.gate.status.mode is Mode.STOPPED
            assert self.gate.status.refusal is Refusal.CLOCK

    @rule()
    def tick(self):
        self.follow(self.gate.tick(self.now))

    @rule(mode=st.sampled_from([*Mode, *DRIVERS, *DRIVERS]))
    def set_mode(self, mode):
        before = self.gate.status.mode
        try:
            self.follow(self.gate.set_mode(mode, self.now))
        except ModeError:
            assert Mode.CALIBRATION in (before, mode)
            assert self.gate.status.mode is before
        else:
            assert self.gate.status.mode is mode
            assert self.car is None
            is_handed_over = (before, mode) == (Mode.MANUAL, Mode.AUTONOMOUS)
            self.handed_over = self.now if is_handed_over else -math.inf

    @rule(value=st.floats(0.0, LIMITS.max_speed))
    def set_max_speed(self, value):
        self.gate.set_max_speed(value)
        self.max_speed = value

    @rule(source=sources, age=ages, angle=angles, speed=speeds)
    def command(self, source, age, angle, speed):
        before = self.gate.status
        given_command = DriveCommand(self.now - age, angle, speed)
        sent = self.gate.command(source, given_command, self.now)
        after = self.gate.status
        if (before.mode, source) == (Mode.AUTONOMOUS, Source.TELEOP):
            is_new = self.now - self.handed_over <= HAND_OVER
            is_left_over = is_new and (angle, speed) == (0.0, 0.0)
            assert (after.mode is Mode.AUTONOMOUS) == is_left_over
            if is_left_over:
                assert replace(before, reason="") == replace(after, reason="")
                assert sent is None
                return
        self.judged += 1
        assert after.mode in (before.mode, Mode.STOPPED, Mode.MANUAL)
        if after.mode is not before.mode and after.mode is Mode.MANUAL:
            assert (before.mode, source) == (Mode.AUTONOMOUS, Source.TELEOP)
        if after.passed == before.passed:
            self.follow(sent)
            return
        self.check_passed(source, given_command, sent, age)
        self.car = sent
        self.last_stamps[source] = sent.stamp

    @rule(delay=st.sampled_from([1, 20_000_000, 66_000_000]), angle=angles, speed=speeds)
    def drive(self, delay, angle, speed):
        """What happens most: the driver of the mode sends in time; start if nobody drives."""
        if self.gate.status.mode not in DRIVERS:
            self.set_mode(Mode.STOPPED)
            self.set_mode(Mode.AUTONOMOUS)
        self.now += delay
        self.command(DRIVERS[self.gate.status.mode], 0, angle, speed)

    def check_passed(self, source, wanted, sent, age):
        assert self.gate.status.source is source is DRIVERS[self.gate.status.mode]
        assert sent.stamp == wanted.stamp
        assert sent.stamp > self.last_stamps.get(source, -math.inf)
        assert -LIMITS.max_lead <= age <= LIMITS.max_age
        assert abs(wanted.steering_angle) <= LIMITS.max_steering_angle
        assert abs(wanted.speed) <= LIMITS.max_speed
        assert abs(sent.steering_angle) <= LIMITS.max_steering_angle
        assert abs(sent.speed) <= min(abs(wanted.speed), self.max_speed)
        was = self.car or DriveCommand(0, 0.0, 0.0)
        turned = abs(sent.steering_angle - was.steering_angle)
        gained = abs(sent.speed) - abs(was.speed)
        longest = LIMITS.max_age / 1e9
        assert turned <= LIMITS.max_steering_rate * longest + TOLERANCE
        assert gained <= LIMITS.max_acceleration * longest + TOLERANCE

    @invariant()
    def gate_and_car_agree(self):
        status = self.gate.status
        assert (status.source is None) == (self.car is None)
        assert status.passed + status.refused == self.judged
        assert status.limited <= status.passed
        assert (status.refusal is Refusal.NONE) == (status.reason == "")
        if status.mode not in DRIVERS:
            assert self.car is None

    @invariant()
    def a_tick_leaves_no_stale_command(self):
        self.follow(self.gate.tick(self.now))
        if self.car is not None:
            assert self.now - self.car.stamp <= LIMITS.max_age


GateMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestGateMachine = GateMachine.TestCase

events = st.lists(
    st.tuples(
        delays,
        st.one_of(
            st.tuples(sources, ages, angles, speeds),
            st.sampled_from([Mode.STOPPED, Mode.MANUAL, Mode.AUTONOMOUS]),
        ),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(events, st.integers(1, 7))
def test_ticks_between_events_change_no_decision(history, ticks):
    plain, ticked = CommandGate(LIMITS), CommandGate(LIMITS)
    now = 0
    for delay, event in history:
        for tick in range(ticks):
            ticked.tick(now + delay * tick // ticks)
        now += delay
        for gate in (plain, ticked):
            if isinstance(event, Mode):
                gate.set_mode(event, now)
            else:
                source, age, angle, speed = event
                gate.command(source, DriveCommand(now - age, angle, speed), now)
        assert plain._driving == ticked._driving
        # Only the length of the silence, in the sentence, is that of its discovery.
        assert replace(plain.status, reason="") == replace(ticked.status, reason="")
