"""What `evaluate.launch.py` is asked for: its arguments as text, checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from deepracer_core.bundle.layout import REWARD_FUNCTION
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.episode import EpisodeRules
from deepracer_core.errors import (
    BundleError,
    CameraError,
    ConfigError,
    PolicyError,
    SimulationError,
)
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.policy import Policy
from deepracer_core.reward.ready_made import reward_path
from deepracer_core.reward.source import RewardFunction
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.models import open_store

from deepracer_sim.engine_factory import SHOW_OBJECTS
from deepracer_sim.evaluation.config import (
    GRID_TRIALS,
    MAX_SPEED,
    TRIALS,
    EvaluationConfig,
    plan_runs,
)
from deepracer_sim.evaluation.folder import check_writable, default_folder
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.race_types import find_race_type, race_objects
from deepracer_sim.training.directions import training_start
from deepracer_sim.vehicle_profile import load_profile
from deepracer_sim.worlds import find_track

MIN_BOT_SPEED = 0.01  # [m/s]


@dataclass(frozen=True)
class Request:
    """A model to evaluate, and how."""

    bundle: ModelBundle
    """The model."""
    reward_function: str
    """Path of the reward function, or empty."""
    configs: Mapping[str, EvaluationConfig]
    """What is evaluated on each track, by its name."""
    folders: Mapping[str, Path]
    """Where the results of each track go, by its name."""


def read_request(arguments: Mapping[str, str]) -> Request:
    """Check the arguments of the launch file.

    Raises:
        DeepRacerError: there is no such model, track and so on, or no place for the results; the
            message tells what there is.
    """
    store = open_store()
    bundle = _find_model(arguments["model"], store)
    check_model(bundle)
    tracks = read_tracks(arguments["track"])
    config = read_config(arguments)
    configs = {name: _on_track(name, config, arguments["direction"]) for name in tracks}
    reward_function = _reward_function(arguments["reward_function"], bundle)
    folders = _folders(tracks, arguments["output"], bundle, store)
    for folder in folders.values():
        check_writable(folder)
    return Request(bundle, reward_function, configs, folders)


def _find_model(name: str, store: ModelStore) -> ModelBundle:
    if not name:
        known = ", ".join(bundle.name for bundle in store.bundles())
        raise BundleError(f"which model? Give model:=NAME or model:=FOLDER; there are {known}")
    return store.find(name)


def check_model(bundle: ModelBundle) -> None:
    """Let the model decide on one picture of the simulated camera.

    Raises:
        BundleError: the model is incomplete or contradicts itself.
        PolicyError: its network cannot be used.
        CameraError: it needs other cameras.
    """
    policy = Policy.load(bundle)
    camera = VEHICLE.camera
    try:
        policy.decide(np.zeros((camera.height, camera.width, 3), np.uint8))
    except (CameraError, PolicyError) as error:
        raise type(error)(
            f"model {bundle.name} does not fit the simulated car, which has one camera: {error}"
        ) from error


def read_tracks(text: str) -> list[str]:
    """Names of tracks, separated by commas.

    Raises:
        ConfigError: there is none, or one twice.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise ConfigError(f"track {text!r}: give names of tracks, separated by commas, each once")
    return names


def read_config(arguments: Mapping[str, str]) -> EvaluationConfig:
    """The configuration in the arguments, without the direction, which is that of a track.

    `0` and `-1` stand for what is usual.

    Raises:
        ConfigError: a value is no number, out of range or contradicts another one.
        SimulationError: the profile does not exist, or the engine cannot show objects.
    """
    given = _Arguments(arguments)
    robustness = given.flag("robustness")
    max_resets = given.whole("max_resets")
    rules = EvaluationRules(
        max_resets=max_resets if max_resets >= 0 else (0 if robustness else 100),
        off_track_penalty=given.number("off_track_penalty"),
        collision_penalty=given.number("collision_penalty"),
        episode=EpisodeRules(max_steps=given.whole("max_steps")),
    )
    return EvaluationConfig(
        trials=given.whole("trials") or (GRID_TRIALS if robustness else TRIALS),
        laps=given.whole("laps"),
        continuous=given.flag("continuous"),
        race_type=arguments["race_type"],
        objects=_read_objects(given),
        engine=arguments["engine"],
        profile=load_profile(arguments["profile"]).name,
        pacing=arguments["pacing"],
        level=arguments["level"],
        seed=given.whole("seed"),
        max_speed=given.number("max_speed"),
        robustness=robustness,
        rules=rules,
    )


def _read_objects(given: _Arguments) -> ObjectPlan | None:
    """The objects of the race type, with what the arguments change of them."""
    arguments = given.values
    race = find_race_type(arguments["race_type"])
    positions = tuple(arguments["obstacle_positions"].split())
    count = given.whole("obstacles") or len(positions)
    if race.plan is None:
        if count:
            raise ConfigError("obstacles in a time_trial: give race_type:=object_avoidance")
        return None
    changes: dict[str, Any] = {
        "lane_changes": given.flag("bot_lane_changes"),
        "speed": given.number("bot_speed"),
        "randomize": given.flag("obstacles_at_random"),
    }
    if count:
        changes["count"] = count
    if positions:
        changes["positions"] = list(positions)
    if arguments["obstacle_kind"]:
        changes["kind"] = arguments["obstacle_kind"]
    if not MIN_BOT_SPEED <= changes["speed"] <= MAX_SPEED:
        raise ConfigError(f"bot_speed:={changes['speed']}: give {MIN_BOT_SPEED} to {MAX_SPEED} m/s")
    if arguments["engine"] not in SHOW_OBJECTS:
        raise SimulationError(
            f"engine {arguments['engine']} shows no obstacles: give engine:={SHOW_OBJECTS[0]}"
        )
    return race_objects(arguments["race_type"], changes)


def _on_track(name: str, config: EvaluationConfig, direction: str) -> EvaluationConfig:
    """The configuration for a track.

    Raises:
        TrackError: there is no such track.
        ConfigError: it has no room for the objects.
    """
    track = Track.from_definition(find_track(name))
    for run in plan_runs(config):
        if config.objects is not None:
            config.objects.placements(track.length, run.seed)
    return replace(config, reverse=training_start(direction, track).reverse)


def _reward_function(text: str, bundle: ModelBundle) -> str:
    """The file of the given one, or of that of the model; empty for none.

    Raises:
        ConfigError: it is neither ready-made nor a Python file.
        RewardSourceError: the file cannot be read.
    """
    own = bundle.path / REWARD_FUNCTION
    if text == "none" or not (text or own.is_file()):
        return ""
    path = reward_path(text or own).absolute()
    RewardFunction.load(path)
    return str(path)


def _folders(
    tracks: list[str], output: str, bundle: ModelBundle, store: ModelStore
) -> dict[str, Path]:
    if output:
        folder = Path(output).expanduser().absolute()
        return {name: folder if len(tracks) == 1 else folder / name for name in tracks}
    now = datetime.now(timezone.utc)
    folders: dict[str, Path] = {}
    for name in tracks:
        folders[name] = default_folder(bundle, store, now, list(folders.values()))
    return folders


class _Arguments:
    """Launch arguments, which are text, as values."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def flag(self, name: str) -> bool:
        return self.values[name] == "true"

    def whole(self, name: str) -> int:
        try:
            return int(self.values[name])
        except ValueError:
            raise ConfigError(f"{name}:={self.values[name]}: give a whole number") from None

    def number(self, name: str) -> float:
        try:
            return float(self.values[name])
        except ValueError:
            raise ConfigError(f"{name}:={self.values[name]}: give a number") from None
