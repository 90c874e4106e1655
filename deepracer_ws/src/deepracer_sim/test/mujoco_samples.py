"""Engines, tracks and starts that the tests of the engine `mujoco` share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from deepracer_core.track.definition import load_definition
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import ImageSpec, nominal_conditions
from deepracer_sim.mujoco_engine.engine import MujocoEngine
from deepracer_sim.vehicle_profile import load_profile

ROOT = Path(__file__).parents[4]
CAR = load_car_model(ROOT / "urdf/deepracer.urdf.xacro")
TRACK = load_definition(ROOT / "worlds/reinvent_2018/track.yaml")
SMALL = ImageSpec(width=80, height=60, gray=True)


def make_engine(cars, image=SMALL, profile="aws_sim", **options):
    return MujocoEngine(TRACK, CAR, load_profile(profile), cars, image, **options)


def starts(cars):
    """Poses (N, 3) on the centre line, all around the track."""
    line = TRACK.centre_line
    first = np.linspace(0, len(line), cars, endpoint=False).astype(int)
    ahead = line[(first + 1) % len(line)] - line[first]
    return np.column_stack((line[first], np.arctan2(ahead[:, 1], ahead[:, 0])))


def put(engine, poses, conditions=None):
    """Reset all cars."""
    cars = len(poses)
    engine.reset(np.arange(cars), np.asarray(poses, float), conditions or nominal_conditions(cars))


def commands(*rows):
    """Steering angles [deg] and speeds [m/s] as commands."""
    return np.array([(np.radians(angle), speed) for angle, speed in rows], np.float32)


def random_commands(cars, steps, seed=0, fastest=2.0):
    random = np.random.default_rng(seed)
    return random.uniform((-0.5, 0.3), (0.5, fastest), (steps, cars, 2)).astype(np.float32)
