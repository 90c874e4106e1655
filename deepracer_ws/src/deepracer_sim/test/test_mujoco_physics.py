"""The car on contact physics: how it turns, starts and stops, and that cars do not touch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_core.track.definition import Field
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.engine import CONTROL_PERIOD, JOINTS, CarStates, nominal_conditions
from deepracer_sim.mujoco_engine.physics import CarPhysics
from deepracer_sim.vehicle_profile import load_profile
from mujoco_samples import CAR, commands, random_commands

AIRFIELD = Field(-100.0, -100.0, 100.0, 100.0)


def make_physics(cars, field=AIRFIELD, profile=None, **options):
    physics = CarPhysics(CAR, profile or load_profile(), field, cars, **options)
    physics.reset(np.arange(cars), np.zeros((cars, 3)), nominal_conditions(cars))
    return physics


def drive(physics, rows, steps, conditions=None):
    """Step with the same commands; the states after each step."""
    conditions = conditions or nominal_conditions(len(rows))
    states = []
    for _ in range(steps):
        physics.step(rows, conditions)
        states.append(physics.states)
    return states


def curvature(states: CarStates):
    return states.yaw_rate / np.hypot(*states.velocity.T)


def everything(states: CarStates):
    return np.hstack([np.reshape(value, (len(value), -1)) for value in vars(states).values()])


def test_the_default_profile_turns_like_the_aws_simulator():
    angles = np.repeat((10.0, 20.0, 30.0, -10.0, -30.0), 3)
    speeds = np.tile((1.0, 1.5, 2.0), 5)
    last = drive(make_physics(15), commands(*zip(angles, speeds)), 45)[-1]
    np.testing.assert_allclose(curvature(last), 3.3 * np.tan(np.radians(angles)), rtol=0.05)
    np.testing.assert_allclose(last.velocity[:, 0], speeds, rtol=0.02)


def test_the_geometric_profile_turns_like_its_axles():
    physics = make_physics(1, profile=load_profile("geometric"))
    last = drive(physics, commands((30.0, 1.0)), 45)[-1]
    expected = np.tan(np.radians(30.0)) / VEHICLE.wheelbase
    assert curvature(last)[0] == pytest.approx(expected, rel=0.05)


def test_left_is_left():
    physics = make_physics(2)
    last = drive(physics, commands((20.0, 1.0), (-20.0, 1.0)), 10)[-1]
    assert last.yaw_rate[0] > 1.0
    assert last.position[0, 1] > 0.05
    assert last.joints[0, JOINTS.index("left_steering_hinge_joint")] > 0.1
    np.testing.assert_allclose(last.position[1, 1], -last.position[0, 1], atol=1e-3)


def test_the_inner_front_wheel_turns_further_and_the_outer_wheels_faster():
    states = drive(make_physics(1), commands((25.0, 1.0)), 40)
    left, right = states[-1].joints[0, :2]
    assert 1 / np.tan(right) - 1 / np.tan(left) == pytest.approx(
        VEHICLE.front_track / VEHICLE.wheelbase, rel=0.02
    )
    rates = (states[-1].joints - states[-2].joints)[0, 2:] / CONTROL_PERIOD
    front_left, front_right, rear_left, rear_right = rates * VEHICLE.wheel_radius
    assert rear_right > rear_left
    assert front_right > front_left
    assert (rear_left + rear_right) / 2 == pytest.approx(1.0, rel=0.02)


def test_the_yaw_rate_follows_with_the_lag_of_the_logs():
    physics = make_physics(1)
    drive(physics, commands((0.0, 1.5)), 15)
    rates = np.array([s.yaw_rate[0] for s in drive(physics, commands((15.0, 1.5)), 30)])
    remaining = 1.0 - rates[:4] / rates[-1]
    lags = -CONTROL_PERIOD / np.log(remaining[1:] / remaining[:-1])
    assert np.all((lags > 0.08) & (lags < 0.13)), lags


def test_speed_is_reached_in_two_steps_and_lost_as_fast():
    physics = make_physics(1)
    speeds = [s.velocity[0, 0] for s in drive(physics, commands((0.0, 1.0)), 10)]
    assert speeds[0] < 0.7  # the motors' torque bounds it
    assert speeds[2] > 0.95
    speeds = [s.velocity[0, 0] for s in drive(physics, commands((0.0, 0.0)), 10)]
    assert abs(speeds[4]) < 0.05


def test_motors_speed_up_as_the_profile_says_with_no_more_than_the_torque_of_the_urdf():
    states = drive(make_physics(1), commands((0.0, 4.0)), 5)
    force = sum(wheel.effort for wheel in CAR.wheels) / VEHICLE.wheel_radius
    bound = force / CAR.mass * CONTROL_PERIOD
    speeds = np.array([0.0, *(s.velocity[0, 0] for s in states)])
    assert np.all(np.diff(speeds) <= bound)
    ramp = load_profile().acceleration * 5 * CONTROL_PERIOD
    assert 0.9 * ramp < speeds[-1] < ramp


def test_a_car_that_is_not_driven_stands_still():
    states = drive(make_physics(1), commands((0.0, 0.0)), 30)
    np.testing.assert_allclose(states[-1].position[0, :2], 0.0, atol=1e-4)
    assert abs(states[-1].position[0, 2]) < 1e-3
    assert abs(states[-1].yaw_rate[0]) < 1e-3


def test_four_metres_per_second_are_stable():
    rows = commands((0.0, 4.0), (10.0, 4.0), (30.0, 4.0), (-30.0, 4.0))
    last = drive(make_physics(4), rows, 60)[-1]
    assert last.velocity[0, 0] == pytest.approx(4.0, rel=0.02)
    assert abs(last.poses[0, 2]) < 0.02
    assert np.all(np.abs(last.orientation[:, :2]) < 0.1)  # nobody turned over
    assert np.all(np.abs(last.position[:, 2]) < 0.01)


def test_grip_bounds_the_turn():
    conditions = replace(nominal_conditions(2), friction=np.array([1.0, 0.3]))
    physics = make_physics(2)
    physics.reset(np.arange(2), np.zeros((2, 3)), conditions)
    last = drive(physics, commands((20.0, 2.0), (20.0, 2.0)), 40, conditions)[-1]
    lateral = np.abs(last.yaw_rate * np.hypot(*last.velocity.T))
    assert lateral[0] == pytest.approx(2.0**2 * 1.2, rel=0.05)
    assert lateral[1] < 0.35 * 9.81


def test_gains_scale_commands():
    conditions = replace(
        nominal_conditions(2), steering_gain=np.array([1.0, 0.5]), speed_gain=np.array([1.0, 0.5])
    )
    last = drive(make_physics(2), commands((20.0, 1.0), (20.0, 1.0)), 40, conditions)[-1]
    assert last.velocity[1, 0] == pytest.approx(0.5, rel=0.02)
    assert curvature(last)[1] == pytest.approx(3.3 * np.tan(np.radians(10.0)), rel=0.05)


def test_the_step_size_of_the_physics_hardly_matters():
    rows = commands((10.0, 1.0), (30.0, 2.0), (-20.0, 1.5), (0.0, 3.0))
    fine = drive(make_physics(4, substeps=66), rows, 30)[-1]
    usual = drive(make_physics(4), rows, 30)[-1]
    np.testing.assert_allclose(usual.position, fine.position, atol=0.02)


def test_runs_repeat_to_the_last_bit_and_do_not_depend_on_company():
    plan = random_commands(3, 25)
    together, again, alone = make_physics(3), make_physics(3), make_physics(1)
    for rows in plan:
        together.step(rows, nominal_conditions(3))
        again.step(rows, nominal_conditions(3))
        alone.step(rows[[1]], nominal_conditions(1))
    np.testing.assert_array_equal(everything(together.states), everything(again.states))
    np.testing.assert_array_equal(everything(together.states)[[1]], everything(alone.states))


def test_a_reset_forgets_one_car_and_disturbs_no_other():
    plan = random_commands(3, 20)
    reset, undisturbed, fresh = make_physics(3), make_physics(3), make_physics(3)
    for number, rows in enumerate(plan):
        if number == 10:
            reset.reset(np.array([1]), np.zeros((1, 3)), nominal_conditions(1))
        reset.step(rows, nominal_conditions(3))
        undisturbed.step(rows, nominal_conditions(3))
    for rows in plan[10:]:
        fresh.step(rows, nominal_conditions(3))
    others = [0, 2]
    np.testing.assert_array_equal(
        everything(reset.states)[others], everything(undisturbed.states)[others]
    )
    np.testing.assert_array_equal(everything(reset.states)[1], everything(fresh.states)[1])


def test_cars_start_where_they_are_put():
    physics = make_physics(2)
    poses = np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, -2.5]])
    physics.reset(np.array([1, 0]), poses, nominal_conditions(2))
    np.testing.assert_allclose(physics.states.poses, poses[::-1], atol=1e-4)
    np.testing.assert_array_equal(physics.states.velocity, 0.0)


def test_driving_looks_the_same_in_all_directions():
    physics = make_physics(2)
    physics.reset(np.arange(2), np.array([[0.0, 0.0, 0.0], [3.0, 1.0, 2.0]]), nominal_conditions(2))
    last = drive(physics, commands((20.0, 1.5), (20.0, 1.5)), 20)[-1]
    x, y, yaw = last.poses[0]
    cos, sin = np.cos(2.0), np.sin(2.0)
    expected = (3.0 + cos * x - sin * y, 1.0 + sin * x + cos * y, yaw + 2.0)
    difference = last.poses[1] - expected
    difference[2] = (difference[2] + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(difference, 0.0, atol=0.01)
    np.testing.assert_allclose(last.velocity[1], last.velocity[0], atol=0.01)


@pytest.mark.parametrize("heading", [0.0, 0.5 * np.pi, np.pi, -0.5 * np.pi, 0.7])
def test_walls_stop_the_car(heading):
    physics = make_physics(1, Field(-2.0, -2.0, 2.0, 2.0))
    physics.reset(np.array([0]), np.array([[0.0, 0.0, heading]]), nominal_conditions(1))
    last = drive(physics, commands((0.0, 4.0)), 40)[-1]
    assert np.all(np.abs(last.position[0, :2]) < 2.0)
    assert np.abs(last.position[0, :2]).max() > 1.7  # it has come that far
    assert abs(last.position[0, 2]) < 0.05  # and has not climbed over it


def test_an_unstable_car_is_reported_by_name_and_drives_again_after_a_reset(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    physics, rows = make_physics(3), commands((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))
    physics.qpos[1, 2] = np.nan
    with pytest.raises(SimulationError, match=r"cars \[1\].*unstable"):
        physics.step(rows, nominal_conditions(3))
    physics.reset(np.array([1]), np.zeros((1, 3)), nominal_conditions(1))
    last = drive(physics, rows, 10)[-1]
    np.testing.assert_allclose(last.velocity[:, 0], 1.0, rtol=0.02)
    assert not list(tmp_path.iterdir())  # MuJoCo's own log


def test_a_urdf_that_mujoco_refuses_is_reported():
    broken = replace(CAR, urdf=CAR.urdf.replace("ixx", "iyx"))
    with pytest.raises(SimulationError, match=r"MuJoCo refuses the car's URDF"):
        CarPhysics(broken, load_profile(), AIRFIELD, 1)
