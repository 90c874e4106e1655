"""One truth: an episode follows from seed, number and commands alone, bit by bit.

Not from the number of cars beside it, nor from the process that it runs in.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from deepracer_core.start_position import TrainingStart
from deepracer_sim.buffers import Buffers
from deepracer_sim.engine import CarStates
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.rewards import trusted
from deepracer_sim.rollout import Rollout
from deepracer_sim.vector_env import DeepRacerVectorEnv, commands_of
from env_samples import IMAGE, progress_reward, small_env, wandering_actions

CARS = 5
STEPS = 300
SEEDS = [40 + car for car in range(CARS)]
ACTIONS = wandering_actions(STEPS, CARS)
BOTS = ObjectPlan("bot_car", count=2, randomize=True, lane_changes=True)


def config_of(engine, level, objects=None):
    return small_env(
        engine,
        level,
        objects,
        make_rewards=trusted(progress_reward),
        start=TrainingStart(alternate_direction=True),
    )


def record_environment(config, workers):
    """Everything that an environment tells in 300 steps: one dictionary for each step."""
    env = DeepRacerVectorEnv(config, CARS, workers=workers)
    images, _ = env.reset(seed=SEEDS[0])
    log = [{"images": images}]
    for actions in ACTIONS:
        images, reward, terminated, truncated, infos = env.step(actions)
        states = {field.name: getattr(env.states, field.name).copy() for field in fields(CarStates)}
        final = infos.pop("final_obs", np.full(CARS, None))
        step = {name: infos[name] for name in ("progress", "status", "steps", "laps", "lost")}
        ends = {"reward": reward, "terminated": terminated, "truncated": truncated}
        log.append({"images": images, "final": final, **states, **step, **ends})
    env.close()
    return log


def record_alone(config, car):
    """The same of one car that drives alone."""
    buffers = Buffers.allocate(1, IMAGE.shape)
    rollout = Rollout(config, buffers, stride=CARS)
    rollout.reset([SEEDS[car]], np.array([car]))
    log = [{"images": buffers.images.copy()}]
    for action in ACTIONS[:, car]:
        buffers.commands[:] = commands_of(config.action_space, np.array([action]))
        rollout.step()
        log.append({field.name: getattr(buffers, field.name).copy() for field in fields(Buffers)})
    rollout.close()
    return log


def assert_same(one, other):
    for step, (left, right) in enumerate(zip(one, other)):
        for name, values in left.items():
            for car, (here, there) in enumerate(zip(values, right[name])):
                assert np.array_equal(here, there), (step, name, car)


@pytest.mark.parametrize(
    ("engine", "level", "objects"),
    [
        ("planar", "none", None),
        ("planar", "mild", None),
        ("mujoco", "none", None),
        ("mujoco", "mild", BOTS),
    ],
)
def test_one_truth(engine, level, objects):
    pytest.importorskip({"planar": "numba", "mujoco": "mujoco"}[engine])
    config = config_of(engine, level, objects)
    here = record_environment(config, workers=0)
    ends = sum(int((step["terminated"] | step["truncated"]).sum()) for step in here[1:])
    assert ends > CARS, "too few episodes end to test anything"
    assert len(here) == STEPS + 1
    assert_same(here, record_environment(config, workers=2))
    car = CARS - 1
    for step, (together, alone) in enumerate(zip(here, record_alone(config, car))):
        for name in together.keys() & alone.keys():
            if name == "images":
                assert np.array_equal(together[name][car, ..., 0], alone[name][0]), step
            else:
                assert np.array_equal(together[name][car], alone[name][0]), (step, name)


def test_other_seeds_give_other_pictures():
    env = DeepRacerVectorEnv(config_of("planar", "mild"), 2)
    one, _ = env.reset(seed=1)
    other, _ = env.reset(seed=2)
    assert (one[1] == other[1]).mean() < 0.9
    again, _ = env.reset(seed=1)
    assert (one == again).all()
    env.close()
