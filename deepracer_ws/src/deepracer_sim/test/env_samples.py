"""Environments for tests: small pictures, actions, and rewards that workers can import."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from deepracer_core.track.definition import load_definition
from deepracer_core.track.track import Track
from deepracer_sim.engine import ImageSpec
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.simulation import SimulationConfig

DEFINITION = load_definition(Path(__file__).parents[4] / "worlds" / "reinvent_2018" / "track.yaml")
TRACK = Track.from_definition(DEFINITION)
IMAGE = ImageSpec(32, 24, gray=True)


def small_env(engine="planar", level="none", objects=None, **options):
    """An environment whose pictures are quickly drawn."""
    simulation = SimulationConfig(engine=engine, image=IMAGE, level=level, objects=objects)
    return EnvConfig(DEFINITION, simulation, **options)


def wandering_actions(steps, cars, seed=0):
    """Actions of the default space that keep some cars on the track for long, and others not."""
    random = np.random.default_rng(seed)
    return random.integers(2, 8, (steps, cars))


def progress_reward(params):
    """Depends on where the car is and on what it does."""
    return params["progress"] + params["speed"] - params["distance_from_center"]


def failing_reward(params):
    """Cannot go on from the third step of an episode on: a bug in trusted code."""
    if params["steps"] == 3:
        raise RuntimeError("a bug")
    return 1.0
