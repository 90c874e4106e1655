"""The gate's pure checks, with values generated on and beside each limit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import pytest
from deepracer_core.command_checks import (
    DriveCommand,
    GateLimits,
    Refusal,
    as_carried_by_float32,
    check_age,
    check_stamp,
    check_values,
    limit_speed,
    limit_steering,
)
from deepracer_core.errors import ConfigError
from deepracer_core.vehicle import VEHICLE
from hypothesis import given
from hypothesis import strategies as st

NOW = 5_000_000_000
LIMITS = GateLimits()
TIGHT = GateLimits(
    max_steering_angle=0.25,
    max_speed=0.7,
    max_steering_rate=1.5,
    max_acceleration=2.0,
    max_age=3,
    max_lead=0,
    max_silence=4,
)
BOTH_LIMITS = pytest.mark.parametrize("limits", [LIMITS, TIGHT], ids=["default", "tight"])


def beside(limit: float) -> Iterator[tuple[float, bool]]:
    """The values next to `limit` and to -`limit`, each with whether it lies within."""
    for sign in (-1.0, 1.0):
        yield sign * math.nextafter(limit, 0.0), True
        yield sign * limit, True
        yield sign * math.nextafter(limit, math.inf), False


def code(refused):
    return Refusal.NONE if refused is None else refused.code


class TestAge:
    @BOTH_LIMITS
    @pytest.mark.parametrize(
        ("beside", "expected"),
        [(-1, Refusal.NONE), (0, Refusal.NONE), (1, Refusal.STALE)],
    )
    def test_on_and_beside_the_age_limit(self, limits, beside, expected):
        stamp = NOW - limits.max_age - beside
        assert code(check_age(stamp, NOW, limits)) is expected
        assert code(check_stamp(stamp, None, NOW, limits)) is expected

    def test_reason_gives_age_and_limit(self):
        assert check_age(NOW - 213_400_000, NOW, LIMITS).reason == (
            "the command is 213.4 ms old, more than 200.0 ms: "
            "look for a source that is slow or dead, or a clock that lags"
        )


class TestStamp:
    @BOTH_LIMITS
    @pytest.mark.parametrize(
        ("beside", "expected"),
        [(-1, Refusal.NONE), (0, Refusal.NONE), (1, Refusal.FUTURE)],
    )
    def test_on_and_beside_the_lead_limit(self, limits, beside, expected):
        assert code(check_stamp(NOW + limits.max_lead + beside, None, NOW, limits)) is expected

    @pytest.mark.parametrize(
        ("later", "expected"),
        [(-1, Refusal.OUT_OF_ORDER), (0, Refusal.OUT_OF_ORDER), (1, Refusal.NONE)],
    )
    @pytest.mark.parametrize("newest", [NOW - 50, 0])
    def test_on_and_beside_the_last_stamp(self, later, expected, newest):
        now = newest + 50
        assert code(check_stamp(newest + later, newest, now, LIMITS)) is expected

    def test_reasons_give_the_figures(self):
        assert check_stamp(NOW + 12_000_000, None, NOW, LIMITS).reason == (
            "the stamp lies 12.0 ms in the future, more than 10.0 ms: "
            "synchronise the clocks of the machines"
        )
        assert "10000000.0 ms in the future" in check_stamp(10**13, None, 0, LIMITS).reason
        assert check_stamp(NOW - 3_000_000, NOW - 1_000_000, NOW, LIMITS).reason == (
            "the stamp is 2.0 ms older than that of the last command taken: "
            "look for a second publisher or a repeated message"
        )


class TestValues:
    @BOTH_LIMITS
    @pytest.mark.parametrize("field", ["steering_angle", "speed"])
    def test_on_and_beside_each_limit(self, limits, field):
        limit = {"steering_angle": limits.max_steering_angle, "speed": limits.max_speed}[field]
        for value, within in beside(limit):
            command = dataclasses.replace(DriveCommand(NOW, 0.0, 0.0), **{field: value})
            expected = Refusal.NONE if within else Refusal.OUT_OF_RANGE
            assert code(check_values(command, limits)) is expected, value

    @pytest.mark.parametrize("field", ["steering_angle", "speed"])
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_what_is_not_finite_is_named(self, field, value):
        refused = check_values(
            dataclasses.replace(DriveCommand(NOW, 0.1, 0.1), **{field: value}), LIMITS
        )
        assert refused.code is Refusal.NOT_FINITE
        assert refused.reason == f"{field} is {value}: look at what computes it"

    def test_reason_gives_value_limit_and_unit(self):
        assert check_values(DriveCommand(NOW, -0.6, 0.0), LIMITS).reason == (
            "steering_angle -0.6 rad lies outside +-0.52359879 rad: have its source clip it"
        )
        assert check_values(DriveCommand(NOW, 0.0, 4.5), LIMITS).reason == (
            "speed 4.5 m/s lies outside +-4 m/s: have its source clip it"
        )

    def test_full_lock_survives_the_float32_of_the_message(self):
        for angle in (-VEHICLE.max_steering_angle, VEHICLE.max_steering_angle):
            arrived = DriveCommand(NOW, float(np.float32(angle)), VEHICLE.max_speed)
            assert check_values(arrived, LIMITS) is None


@given(st.floats(1e-3, 1e3))
def test_a_limit_admits_itself_and_its_float32(limit):
    carried = as_carried_by_float32(limit)
    assert carried >= limit
    assert carried >= float(np.float32(limit))
    assert carried == pytest.approx(limit, rel=1e-7)


class TestRateLimits:
    @pytest.mark.parametrize("previous", [-0.3, 0.0, 0.2])
    @pytest.mark.parametrize("side", [-1.0, 1.0])
    def test_steering_on_and_beside_the_step(self, previous, side):
        step = 0.0625
        edge = previous + side * step
        inside = math.nextafter(edge, previous)
        outside = math.nextafter(edge, side * math.inf)
        assert limit_steering(inside, previous, step) == inside
        assert limit_steering(edge, previous, step) == edge
        assert limit_steering(outside, previous, step) == edge

    @pytest.mark.parametrize(
        ("wanted", "previous", "expected"),
        [
            (1.5, 1.0, 1.5),  # exactly the step
            (1.6, 1.0, 1.5),
            (-1.6, -1.0, -1.5),
            (0.9, 0.5, 0.9),
            (1.1, 0.5, 1.0),
            (0.5, 0.0, 0.5),
            (0.6, 0.0, 0.5),
            (-0.6, 0.0, -0.5),
            (0.0, 4.0, 0.0),  # stopping is never delayed
            (0.1, 4.0, 0.1),
            (-0.1, -4.0, -0.1),
            (-0.3, 4.0, -0.3),  # the other direction begins at standstill
            (-4.0, 4.0, -0.5),
            (4.0, -4.0, 0.5),
        ],
    )
    def test_speed_is_gained_in_steps_and_lost_at_once(self, wanted, previous, expected):
        assert limit_speed(wanted, previous, step=0.5) == expected

    def test_defaults_alter_no_command_of_a_policy_at_15_hz(self):
        period, lock, top = 0.066, VEHICLE.max_steering_angle, VEHICLE.max_speed
        assert limit_steering(lock, -lock, LIMITS.max_steering_rate * period) == lock
        assert limit_speed(top, 0.0, LIMITS.max_acceleration * period) == top


@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(0, 1))
def test_limited_speed_never_exceeds_what_is_wanted(wanted, previous, step):
    limited = limit_speed(wanted, previous, step)
    assert abs(limited) <= abs(wanted)
    assert limited * wanted >= 0.0


class TestLimits:
    @pytest.mark.parametrize(
        "name", ["max_steering_angle", "max_speed", "max_steering_rate", "max_acceleration"]
    )
    def test_limits_of_the_values_are_finite_and_positive(self, name):
        for value in (0.0, -1.0, math.inf, math.nan):
            with pytest.raises(ConfigError) as error:
                GateLimits(**{name: value})
            assert str(error.value) == f"{name} = {value}: give a finite number above 0"
        assert getattr(GateLimits(**{name: 5e-324}), name) == 5e-324

    def test_lead_may_be_zero_but_not_negative(self):
        assert GateLimits(max_lead=0).max_lead == 0
        with pytest.raises(ConfigError, match=r"^max_lead = -1 ns: give 0 or more$"):
            GateLimits(max_lead=-1)

    def test_age_is_positive_and_not_above_the_silence(self):
        assert GateLimits(max_age=1, max_silence=1).max_age == 1
        for age, silence in ((0, 1), (2, 1)):
            with pytest.raises(ConfigError) as error:
                GateLimits(max_age=age, max_silence=silence)
            assert str(error.value) == (
                f"max_age = {age} ns and max_silence = {silence} ns: "
                f"give an age above 0 and a silence that is not shorter"
            )

    def test_defaults(self):
        assert (LIMITS.max_age, LIMITS.max_lead, LIMITS.max_silence) == (
            200_000_000,
            10_000_000,
            1_000_000_000,
        )
        assert math.degrees(LIMITS.max_steering_angle) == pytest.approx(30.0, abs=1e-5)
        assert LIMITS.max_speed == 4.0
