"""What gz-sim's joints are told makes the car answer as the profile says, period by period."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.actuation import axles_of, hinge_angles
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.gazebo.command_shaping import DRIVEN_PART, STANDSTILL, CommandShaper
from deepracer_sim.gazebo.names import STEERING_GAIN, STEP_NANOSECONDS, STEPS_PER_PERIOD
from deepracer_sim.vehicle_profile import load_profile
from hypothesis import given, settings
from hypothesis import strategies as st

CAR = load_car_model(Path(__file__).parents[4] / "urdf" / "deepracer.urdf.xacro")
AXLES = axles_of(CAR)
STEP = STEP_NANOSECONDS * 1e-9
FULL = VEHICLE.max_steering_angle


def shaper(profile="aws_sim", **changes):
    return CommandShaper(CAR, replace(load_profile(profile), **changes))


class Hinges:
    """Both hinges as AckermannSteering turns them: each step decides the rates of the next."""

    def __init__(self):
        self.angles, self.rates = np.zeros(2), np.zeros(2)

    def advance(self, told):
        goal = np.array(hinge_angles(math.tan(told), AXLES))
        for _ in range(STEPS_PER_PERIOD):
            self.angles = self.angles + STEP * self.rates
            self.rates = STEERING_GAIN * (goal - self.angles)
        return self.angles


def lagging_tangent(goal, periods, profile):
    return goal * (1.0 - math.exp(-periods * CONTROL_PERIOD / profile.steering_lag))


@pytest.mark.parametrize("profile", ["aws_sim", "geometric"])
@pytest.mark.parametrize("steering", [FULL, -FULL, 0.1])
def test_hinges_follow_the_lag_of_the_profile(profile, steering):
    shape, hinges = shaper(profile).shape, Hinges()
    goal = load_profile(profile).linkage_ratio * math.tan(steering)
    for period in range(1, 8):
        angles = hinges.advance(shape(steering, 1.0).steering_angle)
        expected = hinge_angles(lagging_tangent(goal, period, load_profile(profile)), AXLES)
        np.testing.assert_allclose(angles, expected, atol=0.02)  # [rad]; its lag is in the angle


def test_in_the_end_the_wheels_stand_as_commanded():
    shape = shaper().shape
    for _ in range(30):
        commands = shape(0.3, 2.0)
    tangent = 0.541 * math.tan(0.3)
    assert math.tan(commands.steering_angle) == pytest.approx(tangent, rel=1e-6)
    left, right = commands.left_rate * CAR.wheels[0].position[2], commands.right_rate * 0.035
    assert (left + right) / 2.0 == pytest.approx(2.0)
    # Yaw rate by the wheels' difference = that of the single-track model.
    assert (right - left) / AXLES.rear_track == pytest.approx(2.0 * tangent / AXLES.wheelbase)


def test_left_is_positive_and_the_inner_wheel_turns_slower():
    commands = shaper().shape(FULL, 1.0)
    assert commands.steering_angle > 0.0
    assert commands.left_rate < commands.right_rate
    mirrored = shaper().shape(-FULL, 1.0)
    assert mirrored == pytest.approx((-commands[0], commands.right_rate, commands.left_rate))


def test_speed_is_limited_to_what_two_driven_wheels_can_do():
    shape, profile = shaper().shape, load_profile()
    change = DRIVEN_PART * profile.acceleration * CONTROL_PERIOD
    speeds = [shape(0.0, 4.0).left_rate * VEHICLE.wheel_radius for _ in range(40)]
    assert np.diff([0.0, *speeds]).max() == pytest.approx(change)
    assert speeds[-1] == pytest.approx(4.0)
    # Less than the grip of the driven axle, so that it keeps some for the bend.
    assert DRIVEN_PART * profile.acceleration < profile.friction * 9.81 * DRIVEN_PART
    braking = [shape(0.0, 0.0).left_rate * VEHICLE.wheel_radius for _ in range(40)]
    assert np.diff([4.0, *braking]).min() == pytest.approx(-change)
    assert braking[-1] == pytest.approx(0.0, abs=1e-9)


def test_small_changes_of_speed_follow_the_lag():
    lag = load_profile().speed_lag
    commands = shaper().shape(0.0, 0.1)
    expected = 0.1 * (1.0 - math.exp(-CONTROL_PERIOD / lag))
    assert commands.left_rate * VEHICLE.wheel_radius == pytest.approx(expected)


def test_a_reset_forgets_the_past():
    shape = shaper()
    first = shape.shape(0.4, 3.0)
    shape.shape(-0.2, 1.0)
    shape.reset()
    assert shape.shape(0.4, 3.0) == first
    assert shaper().shape(0.0, 0.0) == STANDSTILL


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-20.0, 20.0)), min_size=1, max_size=30))
def test_nothing_is_told_that_a_joint_cannot_do(commands):
    shape = shaper("geometric").shape
    limit = math.atan(AXLES.largest_tangent)
    for steering, speed in commands:
        angle, left, right = shape(steering, speed)
        assert abs(angle) <= limit + 1e-12
        assert max(abs(left), abs(right)) <= VEHICLE.max_wheel_rate
        for hinge in hinge_angles(math.tan(angle), AXLES):
            assert abs(hinge) <= VEHICLE.hinge_limit + 1e-9
