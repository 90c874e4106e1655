"""One truth: the ROS graph and the vectorised environment give the same, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
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
def seeds(config) -> list[int]:
    """The seed of each episode, by its number."""
    tracks = both_directions(Track.from_definition(config.definition))
    return [episode_start(config, tracks, SEED, number).seed for number in range(1000)]


@pytest.fixture(scope="module")
def runs(engine, config, seeds, ros_isolation) -> list[Episodes]:
    """Two runs of the graph with the same seed, recorded until they can be compared."""
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
    one = record(lambda run: is_plenty(stretch(run, seeds)), *arguments)
    other = record(lambda run: is_plenty(shared(one, run)), *arguments)
    return [one, other]


def is_plenty(steps: Sequence[tuple[Step, ...]]) -> bool:
    """Whether there are enough steps to be compared, and pictures among them."""
    pictures = sum(all(step.image for step in compared) for compared in steps)
    return len(steps) >= STEPS and pictures >= STEPS / 2


def shared(one: Episodes, other: Episodes) -> list[tuple[Step, Step]]:
    """The steps that both runs hold."""
    return [pair for seed in one if seed in other for pair in zip(one[seed], other[seed])]


def stretch(run: Episodes, seeds: list[int]) -> list[tuple[Step]]:
    """The steps of `whole_episodes`."""
    return [(step,) for number in whole_episodes(run, seeds) for step in run[seeds[number]]]


def whole_episodes(run: Episodes, seeds: list[int]) -> list[int]:
    """Numbers of the most episodes that follow each other without a gap; the last may be cut."""
    best: list[int] = []
    latest: list[int] = []
    for number, seed in enumerate(seeds):
        latest = [*latest, number] if seed in run else []
        best = max(best, latest, key=len)
        if latest and not run[seed][-1].outcome.done:
            latest = []
    return best


def test_two_runs_of_the_graph_are_identical(runs):
    for left, right in shared(*runs):
        assert told(left) == told(right)
        if left.image and right.image:
            assert left.image == right.image


def test_the_vector_environment_gives_what_the_graph_gives(config, seeds, runs):
    run = runs[0]
    numbers = whole_episodes(run, seeds)
    env = DeepRacerVectorEnv(config, 1)
    images, _ = env.reset(seed=SEED, options={"episode": numbers[0]})
    for episode in numbers:
        for number, step in enumerate(run[seeds[episode]], 1):
            if step.image:
                assert images[0].tobytes() == step.image
            images, reward, terminated, truncated, info = env.step(np.array([step.decision.action]))
            outcome = step.outcome
            assert outcome.step == info["steps"][0] == number
            assert told_state(step) == env_state(env)
            assert outcome.reward == reward[0]
            assert outcome.progress == info["progress"][0]
            assert outcome.status == info["status"][0]
            assert outcome.done == (terminated[0] or truncated[0])
    env.close()
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
