"""What a run drives in: environments for training and evaluation from its configuration."""

from __future__ import annotations

from dataclasses import replace

from deepracer_core.camera import Preprocessing
from deepracer_core.episode import EpisodeRules
from deepracer_core.reward.source import RewardFunction
from deepracer_core.track.track import Track

from deepracer_sim.engine import ImageSpec
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.rewards import sandboxed
from deepracer_sim.simulation import SimulationConfig
from deepracer_sim.training.directions import training_start
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.worlds import find_track

EVALUATION_LEVEL = "mild"
"""Randomisation of every evaluation: policies are compared in the same world."""
STEPS_PER_LAP = 1000
"""After which an evaluation gives a lap up; that of the guide for a whole episode."""


def image_spec(preprocessing: Preprocessing) -> ImageSpec:
    """The picture that the engine renders is the one that the network sees."""
    return ImageSpec(
        preprocessing.width,
        preprocessing.height,
        gray=preprocessing.colour == "gray",
        crop_top=preprocessing.crop_top,
    )


def training_environment(config: RunConfig, reward: RewardFunction) -> EnvConfig:
    """Where the cars learn.

    Args:
        config: of the run.
        reward: the reward function.

    Raises:
        TrackError: there is no such track.
    """
    first, *more = (_on_track(name, config, reward) for name in config.tracks)
    return replace(first, more=tuple(more))


def _on_track(name: str, config: RunConfig, reward: RewardFunction) -> EnvConfig:
    definition = find_track(name)
    track = Track.from_definition(definition)
    space = config.action_space
    return EnvConfig(
        definition,
        SimulationConfig(
            config.engine,
            image=image_spec(config.preprocessing),
            level=config.level,
            objects=config.objects,
        ),
        space,
        sandboxed(
            reward,
            track.world_bounds,
            max_speed=space.max_speed,
            max_steering=space.max_steering_angle,
            seed=config.seed,
        ),
        start=training_start(config.direction, track),
    )


def evaluation_environment(
    training: EnvConfig, engine: str, laps: int, advance: float
) -> EnvConfig:
    """Where a policy is tried: the same tracks, without rewards, at `EVALUATION_LEVEL`.

    Args:
        training: where it was trained.
        engine: the engine.
        laps: that make a trial complete.
        advance: share of the lap by which the start moves with each trial; 0: the start line.
    """
    return replace(
        training,
        more=tuple(evaluation_environment(t, engine, laps, advance) for t in training.more),
        simulation=replace(training.simulation, engine=engine, level=EVALUATION_LEVEL),
        make_rewards=None,
        rules=EpisodeRules(max_steps=laps * STEPS_PER_LAP, laps=laps),
        start=replace(training.start, advance=advance),
    )
