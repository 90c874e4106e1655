"""The options of the environments by name, and the configuration that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepracer_core.action_space import ActionSpace, ContinuousActionSpace
from deepracer_core.camera import Preprocessing
from deepracer_core.episode import EpisodeRules
from deepracer_core.errors import ConfigError
from deepracer_core.new_action_space import CONTINUOUS_SPEED, MAX_STEERING_ANGLE, grid
from deepracer_core.reward.ready_made import reward_path
from deepracer_core.reward.source import RewardFunction
from deepracer_core.start_position import TrainingStart
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.track import Track

from deepracer_sim.engine import ImageSpec
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.lens import Lens
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.rewards import RewardMaker, sandboxed, trusted
from deepracer_sim.simulation import SimulationConfig
from deepracer_sim.vehicle_profile import DEFAULT_PROFILE
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

Reward = str | Path | RewardFunction | Callable[[dict[str, Any]], float] | None

ACTION_SPACES: dict[str, ActionSpace] = {
    "discrete": grid(),
    "continuous": ContinuousActionSpace(-MAX_STEERING_ANGLE, MAX_STEERING_ANGLE, *CONTINUOUS_SPEED),
}
"""The console's default list of 5 steering angles x 2 speeds, and its widest ranges (DRoA)."""


def make_config(
    *,
    track: str | TrackDefinition = DEFAULT_TRACK,
    engine: str = "planar",
    profile: str = DEFAULT_PROFILE,
    width: int = 160,
    height: int = 120,
    crop_top: int = 0,
    colour: str = "gray",
    action_space: str | ActionSpace = "discrete",
    reward: Reward = "centre_line",
    reward_seed: int | None = 0,
    level: str = "none",
    objects: ObjectPlan | None = None,
    lens: Lens | None = None,
    rules: EpisodeRules | None = None,
    start: TrainingStart | None = None,
) -> EnvConfig:
    """Turn options into a configuration; what they mean says `gym_env.DeepRacerEnv`.

    Raises:
        ConfigError: the image is impossible, or there is no such action space or reward function.
        RewardSourceError: the file of the reward function cannot be read.
        TrackError: there is no such track.
    """
    Preprocessing(width, height, crop_top, colour)  # a picture that the policies can see
    definition = find_track(track) if isinstance(track, str) else track
    space = _find_action_space(action_space) if isinstance(action_space, str) else action_space
    return EnvConfig(
        definition=definition,
        simulation=SimulationConfig(
            engine=engine,
            profile=profile,
            image=ImageSpec(width, height, gray=colour == "gray", crop_top=crop_top),
            level=level,
            objects=objects,
            lens=lens,
        ),
        action_space=space,
        make_rewards=_make_rewards(reward, definition, space, reward_seed),
        rules=rules or EpisodeRules(),
        start=start or TrainingStart(),
    )


def _find_action_space(name: str) -> ActionSpace:
    if name not in ACTION_SPACES:
        raise ConfigError(f"action space {name!r}: use {', '.join(ACTION_SPACES)} or build one")
    return ACTION_SPACES[name]


def _make_rewards(
    reward: Reward, definition: TrackDefinition, space: ActionSpace, seed: int | None
) -> RewardMaker | None:
    if reward is None:
        return None
    if callable(reward):
        return trusted(reward)
    function = reward if isinstance(reward, RewardFunction) else read_reward(reward)
    return sandboxed(
        function,
        Track.from_definition(definition).world_bounds,
        max_speed=space.max_speed,
        max_steering=space.max_steering_angle,
        seed=seed,
    )


def read_reward(reward: str | Path) -> RewardFunction:
    """A reward function: a ready-made one by its name, or the one in a file.

    Raises:
        ConfigError: it is neither.
        RewardSourceError: the file cannot be read.
    """
    return RewardFunction.load(reward_path(reward))
