"""One truth: the ROS graph and the vectorised environment give the same, bit by bit."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.new_action_space import grid
from deepracer_core.reward.ready_made import ready_made
from deepracer_core.reward.source import RewardFunction
from deepracer_core.track.track import Track
from deepracer_sim.engine import ImageSpec
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.rewards import sandboxed
from deepracer_sim.rollout import episode_start
from deepracer_sim.simulation import SimulationConfig
from deepracer_sim.start import both_directions
from deepracer_sim.vector_env import DeepRacerVectorEnv
from deepracer_sim.worlds import find_track
from graph_recording import Episodes, Step, record
from untrained import create_untrained

SEED = 5
STEPS = 300
# What is recorded more than that: a recorder may miss the first episodes, and the last one's end.
SPARE = 150
ENGINES = {"planar": None, "mujoco": ObjectPlan(count=4)}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def config(engine) -> EnvConfig:
    definition = find_track("reinvent_2018")
    space = grid()
    return EnvConfig(
        definition,
        SimulationConfig(engine, image=ImageSpec(), level="mild", objects=ENGINES[engine]),
        action_space=space,
        make_rewards=sandboxed(
            RewardFunction.load(reward_path()),  # of 2018: it is told shares of the model's actions
            Track.from_definition(definition).world_bounds,
            max_speed=space.max_speed,
            max_steering=space.max_steering_angle,
            seed=0,
        ),
    )


def reward_path() -> Path:
    return next(made.path for made in ready_made() if made.name == "guide_advanced")


@pytest.fixture(scope="module")
def runs(engine, config, ros_isolation) -> list[Episodes]:
    """Two runs of the graph with the same seed."""
    model = create_untrained(ModelStore(), f"truth-{engine}").name
    plan = config.simulation.objects
    arguments = (
        "deepracer_sim",
        "simulate.launch.py",
        "pacing:=lockstep",
        "level:=mild",
        f"engine:={engine}",
        f"model:={model}",
        f"seed:={SEED}",
        f"obstacles:={plan.count if plan else 0}",
        f"reward_function:={reward_path()}",
    )
    return [record(STEPS + SPARE, *arguments) for _ in range(2)]


def held(config: EnvConfig, *runs: Episodes) -> dict[int, int]:
    """Number and seed of each episode that all runs hold.

    On a busy machine one may be missing: what DDS has lost it sends again, but seconds later.
    """
    tracks = both_directions(Track.from_definition(config.definition))
    seeds = [episode_start(config, tracks, SEED, number).seed for number in range(200)]
    return {number: seed for number, seed in enumerate(seeds) if all(seed in run for run in runs)}


def longest_stretch(numbers: list[int]) -> list[int]:
    """The most numbers that follow each other."""
    stretches = [
        [number for _, number in group]
        for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    return max(stretches, key=len)


def test_two_runs_of_the_graph_are_identical(config, runs):
    one, other = runs
    compared = pictures = 0
    for seed in held(config, one, other).values():
        for left, right in zip(one[seed], other[seed]):
            assert told(left) == told(right)
            compared += 1
            if left.image and right.image:
                assert left.image == right.image
                pictures += 1
    assert compared >= STEPS
    assert pictures >= STEPS / 2


def test_the_vector_environment_gives_what_the_graph_gives(config, runs):
    run = runs[0]
    seeds = held(config, run)
    numbers = longest_stretch(list(seeds))
    env = DeepRacerVectorEnv(config, 1)
    images, _ = env.reset(seed=SEED, options={"episode": numbers[0]})
    compared = pictures = 0
    for episode in numbers:
        for number, step in enumerate(run[seeds[episode]], 1):
            if step.image:
                assert images[0].tobytes() == step.image
                pictures += 1
            images, reward, terminated, truncated, info = env.step(np.array([step.decision.action]))
            outcome = step.outcome
            assert outcome.step == info["steps"][0] == number
            assert told_state(step) == env_state(env)
            assert outcome.reward == reward[0]
            assert outcome.progress == info["progress"][0]
            assert outcome.status == info["status"][0]
            assert outcome.done == (terminated[0] or truncated[0])
            compared += 1
    env.close()
    assert compared >= STEPS / 2
    assert pictures >= STEPS / 4
    rewards = {step.outcome.reward for steps in run.values() for step in steps}
    assert len(rewards) > 2
    assert sum(step.outcome.done for steps in run.values() for step in steps) >= 3


def told_state(step: Step) -> list[float]:
    pose, twist = step.odometry.pose.pose, step.odometry.twist.twist
    place, turn = pose.position, pose.orientation
    return [
        *(place.x, place.y, place.z),
        *(turn.x, turn.y, turn.z, turn.w),
        *(twist.linear.x, twist.linear.y, twist.angular.z),
    ]


def env_state(env: DeepRacerVectorEnv) -> list[float]:
    states = env.states
    parts = (states.position, states.orientation, states.velocity, states.yaw_rate[:, None])
    return np.concatenate([part[0] for part in parts]).tolist()


def told(step: Step) -> list[object]:
    """All but the picture that a run may not change, without stamps and numbers of its own."""
    outcome, decision = step.outcome, step.decision
    return [
        *told_state(step),
        decision.action,
        decision.log_probability,
        outcome.step,
        outcome.reward,
        outcome.episode_reward,
        outcome.progress,
        outcome.status,
        outcome.done,
    ]
