"""Both engines move the same car: steady turns, step responses and paths within the grip."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.track.definition import Field
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import nominal_conditions
from deepracer_sim.mujoco_engine.physics import CarPhysics
from deepracer_sim.planar import dynamics
from deepracer_sim.planar.plant import make_plant
from deepracer_sim.vehicle_profile import load_profile, profile_names

CAR = load_car_model(Path(__file__).parents[4] / "urdf" / "deepracer.urdf.xacro")
AHEAD, YAW_RATE = 3, 5


def drive_planar(commands, profile):
    """Motions (steps, N, 6): x, y, yaw, velocity ahead and left, yaw rate after each command."""
    plant, ones = make_plant(CAR, profile), np.ones(commands.shape[1])
    states = np.zeros((commands.shape[1], dynamics.STATE))
    motions = []
    for command in commands.astype(np.float32):
        dynamics.advance(states, command, ones, ones, ones, plant, dynamics.STEP, dynamics.SUBSTEPS)
        motions.append(np.hstack((states[:, dynamics.POSE], states[:, dynamics.MOTION][:, :3])))
    return np.array(motions)


def drive_mujoco(commands, profile):
    """The same in three dimensions, on a field without near walls."""
    cars = commands.shape[1]
    conditions = nominal_conditions(cars)
    bodies = CarPhysics(CAR, profile, Field(-100.0, -100.0, 100.0, 100.0), cars)
    bodies.reset(np.arange(cars), np.zeros((cars, 3)), conditions)
    motions = []
    for command in commands.astype(np.float32):
        bodies.step(command, conditions)
        states = bodies.states
        motions.append(np.column_stack((states.poses, states.velocity, states.yaw_rate)))
    return np.array(motions)


def hold(commands, steps):
    return np.repeat(np.asarray(commands)[None], steps, axis=0)


@pytest.fixture(params=profile_names())
def profile(request):
    return load_profile(request.param)


def test_steady_turns_agree_within_five_percent(profile):
    fastest = {"aws_sim": 2.0, "geometric": 1.4}[profile.name]
    turns = [
        (math.radians(degrees), speed)
        for degrees in (-30, -10, 5, 10, 15, 20, 25, 30)
        for speed in (1.0, fastest)
    ]
    commands = hold(turns, 60)
    planar, mujoco = drive_planar(commands, profile)[-1], drive_mujoco(commands, profile)[-1]
    np.testing.assert_allclose(mujoco[:, YAW_RATE], planar[:, YAW_RATE], rtol=0.05)
    np.testing.assert_allclose(mujoco[:, AHEAD], planar[:, AHEAD], rtol=0.05)
    if profile.name == "aws_sim":
        speed = np.hypot(mujoco[:, AHEAD], mujoco[:, AHEAD + 1])
        wanted = [3.3 * math.tan(steering) for steering, _ in turns]
        np.testing.assert_allclose(mujoco[:, YAW_RATE] / speed, wanted, rtol=0.05)


def test_the_yaw_rate_answers_a_steering_step_alike(profile):
    commands = np.concatenate((hold([(0.0, 1.0)], 20), hold([(0.2, 1.0)], 10)))
    planar, mujoco = drive_planar(commands, profile), drive_mujoco(commands, profile)
    difference = (planar - mujoco)[20:, 0, YAW_RATE]
    assert np.abs(difference).max() < 0.05 * planar[-1, 0, YAW_RATE]


def test_two_seconds_below_the_limit_of_grip_end_within_ten_centimetres(profile):
    # Commands that change every fifth step; turning and braking stay below 0.85 of the grip.
    rng = np.random.default_rng(1)
    cars = 32
    sharpest = rng.uniform(0.1, 0.5, cars)
    sideways = math.sqrt(
        (0.85 * profile.friction * dynamics.GRAVITY) ** 2 - profile.acceleration**2
    )
    curvature = profile.linkage_ratio * np.tan(sharpest) / 0.164
    fastest = np.minimum(np.sqrt(sideways / curvature), 2.0)
    steering = rng.uniform(-sharpest, sharpest, (6, cars))
    speeds = rng.uniform(0.5 * fastest, fastest, (6, cars))
    commands = np.repeat(np.stack((steering, speeds), axis=-1), 5, axis=0)
    apart = drive_planar(commands, profile)[-1, :, :2] - drive_mujoco(commands, profile)[-1, :, :2]
    distances = np.linalg.norm(apart, axis=1)
    assert distances.max() < 0.1
    assert np.median(distances) < 0.03
