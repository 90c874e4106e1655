from __future__ import annotations

import math

import pytest
from deepracer_car.speed_table import SpeedTable
from deepracer_core.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st

TABLE = SpeedTable([0.5, 1.5], [0.3, 0.5])


@pytest.mark.parametrize(
    ("speed", "throttle"),
    [(0.0, 0.0), (0.25, 0.15), (0.5, 0.3), (1.0, 0.4), (1.5, 0.5), (1.6, 0.5), (4.0, 0.5)],
)
def test_speeds_are_interpolated_forwards_and_backwards(speed, throttle):
    assert TABLE.throttle(speed) == pytest.approx(throttle)
    assert TABLE.throttle(-speed) == pytest.approx(-throttle)


@given(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0))
def test_faster_is_never_less_throttle(one, other):
    low, high = sorted((one, other))
    assert TABLE.throttle(low) <= TABLE.throttle(high)


def test_full_throttle_may_be_measured():
    assert SpeedTable([3.0], [1.0]).throttle(3.0) == 1.0


@pytest.mark.parametrize(
    ("speeds", "throttles"),
    [
        ([], []),
        ([1.0], []),
        ([1.0, 2.0], [0.5]),
        ([0.0], [0.3]),
        ([1.0], [0.0]),
        ([1.0, 1.0], [0.3, 0.4]),
        ([2.0, 1.0], [0.3, 0.4]),
        ([1.0, 2.0], [0.4, 0.4]),
        ([1.0], [1.01]),
        ([1.0, 2.0], [0.5, 1.01]),
        ([-1.0], [0.3]),
        ([math.nan], [0.3]),
        ([1.0], [math.nan]),
    ],
)
def test_pairs_that_cannot_be_measured_are_refused(speeds, throttles):
    with pytest.raises(
        ConfigError, match=r"^measured (speeds \[m/s\]|throttles) \[|^\d measured speeds and"
    ):
        SpeedTable(speeds, throttles)
