"""From command to wheels: Ackermann's geometry, and lags that neither overshoot nor jump."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.actuation import (
    approach,
    axles_of,
    hinge_angles,
    lag_part,
    wheel_speeds,
    wheel_tangent,
)
from deepracer_sim.car_model import load_car_model
from hypothesis import given
from hypothesis import strategies as st

AXLES = axles_of(load_car_model(Path(__file__).parents[4] / "urdf" / "deepracer.urdf.xacro"))
tangents = st.floats(-AXLES.largest_tangent, AXLES.largest_tangent)


def test_the_axles_are_those_of_the_geometry():
    assert AXLES.wheelbase == pytest.approx(VEHICLE.wheelbase)
    assert AXLES.front_track == pytest.approx(VEHICLE.front_track)
    assert AXLES.rear_track == pytest.approx(VEHICLE.rear_track)


@given(tangents.filter(lambda tangent: abs(tangent) > 1e-3))
def test_all_wheels_turn_about_one_point_and_roll_at_its_distance(tangent):
    centre = np.array([VEHICLE.rear_axle_x, AXLES.wheelbase / tangent])
    yaw_rate = 2.0 / centre[1]  # at 2 m/s along the x axis
    headings = [*hinge_angles(tangent, AXLES), 0.0, 0.0]
    speeds = wheel_speeds(2.0, tangent, AXLES)
    for place, heading, speed in zip(VEHICLE.wheel_centres, headings, speeds, strict=True):
        velocity = yaw_rate * np.array([centre[1] - place[1], place[0] - centre[0]])
        rolling = speed * np.array([math.cos(heading), math.sin(heading)])
        np.testing.assert_allclose(rolling, velocity, atol=1e-12)


def test_straight_ahead_all_wheels_are_alike():
    assert hinge_angles(0.0, AXLES) == (0.0, 0.0)
    assert wheel_speeds(-1.5, 0.0, AXLES) == (-1.5, -1.5, -1.5, -1.5)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_inner_wheel_stops_at_its_hinge_whatever_is_commanded(side):
    for command in (0.65, 1.0, 1.5):
        tangent = wheel_tangent(side * command, 1.0, AXLES)
        assert max(map(abs, hinge_angles(tangent, AXLES))) == pytest.approx(VEHICLE.hinge_limit)
        assert math.copysign(1.0, tangent) == side


def test_the_linkage_scales_the_tangent_within_the_stops():
    steering = np.radians([-30.0, 0.0, 10.0, 30.0])
    np.testing.assert_allclose(wheel_tangent(steering, 0.5, AXLES), 0.5 * np.tan(steering))


@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_approach_goes_towards_the_goal_and_never_beyond_or_faster_than_allowed(
    value, goal, part, largest_change
):
    after = approach(value, goal, part, largest_change)
    assert min(value, goal) - 1e-12 <= after <= max(value, goal) + 1e-12
    assert abs(after - value) <= largest_change + 1e-12


@given(st.floats(1e-4, 1.0), st.floats(1e-3, 1.0))
def test_two_half_steps_of_a_lag_are_one_whole_step(step, lag):
    half, whole = lag_part(step / 2.0, lag), lag_part(step, lag)
    assert half + (1.0 - half) * half == pytest.approx(whole)
    assert lag_part(lag, lag) == pytest.approx(1.0 - 1.0 / math.e)
