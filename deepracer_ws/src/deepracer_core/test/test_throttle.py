"""From actions to servo and motor, as the car does it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.action_space import ContinuousActionSpace, DiscreteActionSpace
from deepracer_core.errors import ConfigError
from deepracer_core.throttle import drive_positions, normalise_steering, speed_to_throttle
from hypothesis import given
from hypothesis import strategies as st


class TestThrottle:
    @pytest.mark.parametrize("max_speed", [0.8, 1.0, 4.0])
    def test_points_that_the_curve_is_made_for(self, max_speed):
        shares = np.array([0.0, 0.25, 0.5, 5 / 6, 11 / 12, 1.0])
        throttle = speed_to_throttle(shares * max_speed, max_speed)
        np.testing.assert_allclose(throttle, [0.0, 0.475, 0.8, 1.0, 1.0, 1.0], atol=1e-12)

    def test_the_scale_comes_before_the_clip(self):
        peak = 11 / 12
        assert speed_to_throttle(peak, 1.0, 0.5) == pytest.approx(0.5 * 121 / 120)
        assert speed_to_throttle(peak, 1.0, 1.0) == 1.0
        assert speed_to_throttle(1.0, 1.0, 0.0) == 0.0

    @given(st.floats(0, 4), st.floats(0, 1))
    def test_stays_in_range_and_mirrors_backwards(self, speed, scale):
        forwards = speed_to_throttle(speed, 4.0, scale)
        assert 0.0 <= forwards <= 1.0
        assert speed_to_throttle(-speed, 4.0, scale) == -forwards

    @given(st.floats(0, 5 / 6), st.floats(0, 5 / 6))
    def test_faster_never_means_less_up_to_the_clip(self, one, other):
        slow, fast = sorted((one, other))
        assert speed_to_throttle(slow, 1.0) <= speed_to_throttle(fast, 1.0)

    @pytest.mark.parametrize("max_speed", [0.0, -1.0, math.nan, math.inf])
    def test_an_impossible_largest_speed_is_named(self, max_speed):
        with pytest.raises(ConfigError, match=f"^max_speed {max_speed} m/s: give a finite"):
            speed_to_throttle(1.0, max_speed)

    @pytest.mark.parametrize("scale", [-0.01, 1.01, math.nan])
    def test_an_impossible_scale_is_named(self, scale):
        with pytest.raises(ConfigError, match=f"^scale {scale}: give 0"):
            speed_to_throttle(1.0, 1.0, scale)


class TestSteering:
    def test_the_largest_angle_is_full_lock(self):
        lock = math.radians(20)
        positions = normalise_steering([-lock, -lock / 2, 0.0, lock, 2 * lock], lock)
        assert positions.tolist() == [-1.0, -0.5, 0.0, 1.0, 1.0]

    def test_a_model_that_only_goes_straight(self):
        assert normalise_steering([0.0, 0.0], 0.0).tolist() == [0.0, 0.0]

    @pytest.mark.parametrize("angle", [-0.1, math.nan, math.inf])
    def test_an_impossible_largest_angle_is_named(self, angle):
        with pytest.raises(ConfigError, match=f"^max_steering_angle {angle} rad: give"):
            normalise_steering(0.0, angle)


class TestActions:
    def test_discrete(self):
        space = DiscreteActionSpace.from_degrees([(-10, 1), (20, 2), (0, 0.5)])
        positions = drive_positions(space.from_index([0, 1, 2]), space, scale=0.5)
        np.testing.assert_allclose(positions, [(-0.5, 0.4), (1.0, 0.5), (0.0, 0.2375)])

    def test_continuous(self):
        space = ContinuousActionSpace.from_degrees(-30, 15, 0.5, 2)
        actions = space.from_normalised([[-1, 1], [1, -1]])
        positions = drive_positions(actions, space)
        np.testing.assert_allclose(positions, [(-1.0, 1.0), (0.5, 0.475)])

    def test_only_the_proportions_of_a_model_matter(self):
        slow = DiscreteActionSpace.from_degrees([(-15, 0.5), (15, 1)])
        fast = DiscreteActionSpace.from_degrees([(-30, 2), (30, 4)])
        both = [drive_positions(space.from_index([0, 1]), space) for space in (slow, fast)]
        np.testing.assert_allclose(*both)

    def test_keeps_the_shape(self):
        space = DiscreteActionSpace.from_degrees([(0, 1)])
        assert drive_positions(np.zeros((3, 4, 2)), space).shape == (3, 4, 2)
