"""The planar car turns, speeds up, slides and stops as the profile and the laws of motion say."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from deepracer_sim.actuation import hinge_angles, wheel_speeds
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import CONTROL_PERIOD, JOINTS
from deepracer_sim.planar.dynamics import (
    GRAVITY,
    MOTION,
    POSE,
    STATE,
    SUBSTEPS,
    TANGENT,
    WHEELS,
    advance,
    measure,
)
from deepracer_sim.planar.plant import make_plant
from deepracer_sim.vehicle_profile import load_profile
from hypothesis import given, settings
from hypothesis import strategies as st

CAR = load_car_model(Path(__file__).parents[4] / "urdf" / "deepracer.urdf.xacro")
PLANTS = {name: make_plant(CAR, load_profile(name)) for name in ("aws_sim", "geometric")}
PLANT = PLANTS["aws_sim"]
FULL = math.radians(30.0)
AHEAD, LEFT, YAW_RATE, TREAD = range(4, 8)


def drive(commands, *, start=None, plant=PLANT, friction=1.0, gains=(1.0, 1.0), substeps=SUBSTEPS):
    """States (steps + 1, N, STATE) of N cars driven by commands (steps, N, 2) or (steps, 2)."""
    commands = np.asarray(commands, np.float32)
    if commands.ndim == 2:
        commands = commands[:, None]
    cars = commands.shape[1]
    states = np.zeros((cars, STATE)) if start is None else start.copy()
    frictions, steering, speed = (np.full(cars, value) for value in (friction, *gains))
    history = [states.copy()]
    for command in commands:
        step = CONTROL_PERIOD / substeps
        advance(states, command, frictions, steering, speed, plant, step, substeps)
        history.append(states.copy())
    return np.array(history)


def hold(steering, speed, steps):
    return [(steering, speed)] * steps


def brisk(cars, steps=30, seed=0, steering=0.5, speeds=(0.5, 2.0)):
    """Commands (steps, cars, 2) that change every fifth step."""
    rng = np.random.default_rng(seed)
    changes = rng.uniform((-steering, speeds[0]), (steering, speeds[1]), (steps // 5, cars, 2))
    return np.repeat(changes, 5, axis=0)


def curvature(state):
    return state[YAW_RATE] / math.hypot(state[AHEAD], state[LEFT])


def velocity(history):
    """Velocities (steps + 1, N, 2) of the centres of gravity in frame map [m/s]."""
    yaw, ahead = history[..., 2], history[..., AHEAD]
    left = history[..., LEFT] + PLANT.centre * history[..., YAW_RATE]
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.stack((cos * ahead - sin * left, sin * ahead + cos * left), axis=-1)


def energy(states):
    left = states[:, LEFT] + PLANT.centre * states[:, YAW_RATE]
    return (
        PLANT.mass * (states[:, AHEAD] ** 2 + left**2)
        + PLANT.yaw_inertia * states[:, YAW_RATE] ** 2
    ) / 2.0


@pytest.mark.parametrize("speed", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("degrees", [10, 15, 20, 25, 30, -30])
def test_steady_curvature_of_aws_sim_is_that_of_the_aws_simulator(degrees, speed):
    steering = math.radians(degrees)
    end = drive(hold(steering, speed, 60))[-1, 0]
    assert curvature(end) == pytest.approx(3.3 * math.tan(steering), rel=0.05)
    assert end[AHEAD] == pytest.approx(speed, rel=0.02)


@pytest.mark.parametrize(("degrees", "speed"), [(10, 1.0), (20, 1.5), (30, 1.0), (-30, 1.0)])
def test_steady_curvature_of_geometric_is_that_of_the_wheelbase(degrees, speed):
    steering = math.radians(degrees)
    end = drive(hold(steering, speed, 60), plant=PLANTS["geometric"])[-1, 0]
    radius = math.hypot(PLANT.axles.wheelbase / math.tan(steering), PLANT.axles.wheelbase / 2)
    assert abs(curvature(end)) == pytest.approx(1.0 / radius, rel=0.02)


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_the_yaw_rate_follows_a_steering_step_like_a_lag_of_a_tenth_of_a_second(speed):
    rates = drive([*hold(0.0, speed, 20), *hold(0.2, speed, 30)])[20:, 0, YAW_RATE]
    missing = 1.0 - rates / rates[-1]
    pole = missing[1:] @ missing[:-1] / (missing[:-1] @ missing[:-1])
    assert 0.46 < pole < 0.58  # what the logs of the AWS simulator have
    assert -CONTROL_PERIOD / math.log(pole) == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize(("before", "after"), [(1.0, 2.0), (2.0, 1.0)])
def test_speed_reaches_a_command_in_two_steps_but_for_what_grip_permits(before, after):
    speeds = drive([*hold(0.0, before, 20), *hold(0.0, after, 5)])[20:, 0, AHEAD]
    done = (speeds - before) / (after - before)
    assert done[2] > 0.8
    assert done[3] > 0.99
    assert (done < 1.02).all()


@pytest.mark.parametrize("profile", PLANTS)
@pytest.mark.parametrize("friction", [0.4, 0.6, 0.8, 1.0, 1.2])
def test_full_steering_at_full_speed_ploughs_within_the_limit_of_grip(profile, friction):
    commands = [*hold(0.0, 4.0, 30), *hold(FULL, 4.0, 300)]
    history = drive(commands, plant=PLANTS[profile], friction=friction)[:, 0]
    assert np.isfinite(history).all()
    late = history[-150:]
    speed = np.hypot(late[:, AHEAD], late[:, LEFT])
    assert (speed < 4.01).all()
    assert np.abs(late[:, YAW_RATE]).max() <= np.abs(history[:-150, YAW_RATE]).max() + 1e-6
    grip = friction * PLANT.friction * GRAVITY
    assert np.mean(speed * late[:, YAW_RATE]) == pytest.approx(grip, rel=0.05)
    assert np.abs(late[:, LEFT] / late[:, AHEAD]).max() < 0.3  # it does not spin


@pytest.mark.parametrize("friction", [0.4, 1.0, 1.2])
@pytest.mark.parametrize("steering", [0.0, 0.3, -FULL])
def test_it_brakes_from_full_speed_to_rest_and_then_stays(friction, steering):
    history = drive([*hold(0.0, 4.0, 30), *hold(steering, 0.0, 60)], friction=friction)[30:, 0]
    moving = np.flatnonzero(history[:, MOTION].any(axis=1))[-1] + 1
    braking = min(friction * GRAVITY, load_profile().acceleration)
    assert moving * CONTROL_PERIOD == pytest.approx(4.0 / braking, abs=0.5)
    assert (history[moving:, POSE] == history[moving, POSE]).all()
    assert np.hypot(*history[-1, :2] - history[0, :2]) == pytest.approx(8.0 / braking, rel=0.2)


def test_a_car_without_a_command_to_drive_does_not_move():
    history = drive(hold(0.4, 0.0, 50))
    assert not history[:, :, POSE].any()
    assert not history[:, :, WHEELS].any()
    assert history[-1, 0, TANGENT] == pytest.approx(PLANT.linkage_ratio * math.tan(0.4))


def test_it_drives_backwards_along_the_same_circle():
    forward, backward = drive(hold(0.3, 1.0, 60))[-1, 0], drive(hold(0.3, -1.0, 60))[-1, 0]
    assert backward[AHEAD] == pytest.approx(-1.0, rel=0.01)
    assert backward[YAW_RATE] == pytest.approx(-forward[YAW_RATE], rel=0.01)


commands_of_a_drive = st.lists(
    st.tuples(st.floats(-0.6, 0.6), st.floats(-4.0, 4.0)), min_size=5, max_size=25
)


@given(commands_of_a_drive, st.floats(0.4, 1.2))
@settings(max_examples=200)
def test_no_drive_asks_more_of_the_tyres_than_they_grip(commands, friction):
    history = drive(commands, friction=friction)
    assert np.isfinite(history).all()
    change = np.linalg.norm(np.diff(velocity(history), axis=0), axis=-1)
    assert (change <= friction * PLANT.friction * GRAVITY * CONTROL_PERIOD * 1.02).all()


motions = st.tuples(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0), st.floats(-20.0, 20.0))


@given(motions, st.floats(-0.5, 0.5), st.floats(0.4, 1.2))
@settings(max_examples=200)
def test_with_its_wheels_blocked_a_car_only_loses_energy(motion, steering, friction):
    start = np.zeros((1, STATE))
    start[0, AHEAD:TREAD] = motion
    history = drive(hold(steering, 0.0, 100), start=start, friction=friction)
    energies = np.array([energy(states) for states in history])
    assert (np.diff(energies, axis=0) <= 1e-12).all()
    assert not history[-1, 0, MOTION].any()


def test_equal_commands_give_equal_states_bit_by_bit():
    commands = brisk(8, speeds=(1.0, 4.0))
    assert (drive(commands) == drive(commands)).all()


def test_a_car_alone_is_the_same_car_in_a_crowd():
    commands = brisk(13, speeds=(1.0, 4.0))
    together = drive(commands)
    for car in range(13):
        assert (drive(commands[:, car]) == together[:, car : car + 1]).all()


def test_left_is_the_mirror_of_right_bit_by_bit():
    commands = brisk(4, speeds=(-4.0, 4.0))
    mirrored = drive(commands * (-1.0, 1.0))
    history = drive(commands)
    assert (mirrored[..., 0] == history[..., 0]).all()
    assert (mirrored[..., [1, 2, LEFT, YAW_RATE]] == -history[..., [1, 2, LEFT, YAW_RATE]]).all()


def test_start_and_direction_do_not_matter():
    start = np.zeros((6, STATE))
    start[:, POSE] = (3.0, -2.0, 2.5)
    commands = brisk(6)
    moved = drive(commands, start=start)[-1]
    end = drive(commands)[-1]
    cos, sin = math.cos(2.5), math.sin(2.5)
    turned = end[:, :2] @ np.array([(cos, sin), (-sin, cos)])
    np.testing.assert_allclose(moved[:, :2], turned + np.array((3.0, -2.0)), atol=1e-9)
    np.testing.assert_allclose(moved[:, 3:], end[:, 3:], atol=1e-9)


def test_finer_steps_lead_to_the_same_place():
    commands = brisk(20, steering=0.4, speeds=(0.8, 1.8))
    fine = drive(commands, substeps=512)[-1, :, :2]
    errors = [
        np.linalg.norm(drive(commands, substeps=count)[-1, :, :2] - fine, axis=1).max()
        for count in (SUBSTEPS, 2 * SUBSTEPS, 4 * SUBSTEPS)
    ]
    assert errors[0] < 0.004
    assert errors[1] < 0.7 * errors[0]
    assert errors[2] < 0.7 * errors[1]


def test_wheels_roll_by_the_way_and_hinges_stand_as_ackermann_wants():
    history = drive(hold(0.4, 1.2, 60))[:, 0]
    before, after = history[-2:]
    turned = (after[WHEELS] - before[WHEELS]) / CONTROL_PERIOD
    rates = np.array(wheel_speeds(1.2, after[TANGENT], PLANT.axles)) / PLANT.wheel_radius
    np.testing.assert_allclose(turned, rates, rtol=1e-6)
    angles = np.empty((1, len(JOINTS)))
    measure(history[-1:], PLANT.axles, *map(np.empty, ((1, 3), (1, 4), (1, 2), 1)), angles)
    hinges = hinge_angles(after[TANGENT], PLANT.axles)
    np.testing.assert_allclose(angles[0, :2], hinges, rtol=1e-15)
    np.testing.assert_array_equal(angles[0, 2:], after[WHEELS])
    straight = drive(hold(0.0, 1.2, 60))[-1, 0]
    np.testing.assert_allclose(straight[WHEELS] * PLANT.wheel_radius, straight[0], rtol=0.01)


def test_conditions_act_as_factors_on_what_is_commanded():
    commands = brisk(5)
    gained = drive(commands, gains=(1.2, 0.8))
    expected = drive(np.float32(commands) * np.float32((1.0, 0.8)) * np.float32((1.2, 1.0)))
    np.testing.assert_allclose(gained, expected, atol=1e-5)


def test_nothing_turns_faster_or_further_than_it_can():
    end = drive(hold(1.5, 50.0, 60), friction=0.8)[-1]
    assert end[0, TREAD] == pytest.approx(PLANT.largest_speed)
    assert end[0, TANGENT] == pytest.approx(PLANT.axles.largest_tangent)
