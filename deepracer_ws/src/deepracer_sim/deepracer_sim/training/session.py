"""Begins a training under a new name, or goes on with one that was interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepracer_core import atomic
from deepracer_core.bundle.layout import POLICY, REWARD_FUNCTION
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import BundleError
from deepracer_core.reward.ready_made import reward_path
from deepracer_core.reward.source import RewardFunction
from deepracer_core.track.track import Track

from deepracer_sim.env_options import read_reward
from deepracer_sim.training.checkpoints import LATEST
from deepracer_sim.training.model_files import (
    check_reward,
    create_model,
    read_config,
    write_config,
)
from deepracer_sim.training.model_lock import ModelLock
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.worlds import find_track

LIMITS = (
    *("max_minutes", "max_steps", "max_episodes"),
    *("stop_when_good", "good_evaluations", "workers"),
    *("rollout", "num_simulators", "ray_address", "device"),
)
"""Settings that may differ when a training goes on: they do not change what is learnt."""


@dataclass(frozen=True)
class Session:
    """What a `trainer.Trainer` needs."""

    config: RunConfig
    """What is trained."""
    bundle: ModelBundle
    """Its folder."""
    reward: RewardFunction
    """The reward function."""
    notes: tuple[str, ...] = ()
    """Lines for people, about how it begins."""
    is_new: bool = True
    """Whether the model was made for it; else it is one that was there, perhaps in use."""

    def withdraw(self) -> None:
        """Give the name of a new model back, if training did not even begin.

        Raises:
            StorageError: the folder cannot be deleted.
        """
        if self.is_new:
            atomic.remove_directory(self.bundle.path)


def begin(settings: Mapping[str, Any], store: ModelStore) -> Session:
    """Make a new model.

    Args:
        settings: see `RunConfig.from_settings`.
        store: where models are kept.

    Raises:
        ConfigError: a setting is wrong.
        TrackError: there is no such track.
        RewardError: one cannot train with the reward function.
        BundleError: the name is taken.
        StorageError: the folder cannot be written.
    """
    config = RunConfig.from_settings(settings)
    _check_free(config.name, store)
    _check_device(config)
    reward = read_reward(config.reward)
    _check_on_tracks(reward, config)
    return Session(config, create_model(store, config, reward), reward)


def clone(settings: Mapping[str, Any], source: str, store: ModelStore) -> Session:
    """Make a new model that starts from another one.

    Args:
        settings: `name`, and what differs from the other model.
        source: name or folder of the other model.
        store: where models are kept.

    Raises:
        BundleError: there is no such model, it has learnt nothing, or the new name is taken.
        ConfigError: a setting is wrong, or the weights do not fit it.
        DeepRacerError: else as `begin`.
    """
    # torch takes seconds to load
    from deepracer_sim.training.cloning import check_fits, differences, inherit, weights_of

    parent = store.find(source)
    config, before = RunConfig.from_settings(inherit(parent, settings)), read_config(parent)
    _check_free(config.name, store)
    check_fits(before, config)
    _check_device(config)
    own = None if "reward" in settings else parent.read_reward_function()
    reward = read_reward(config.reward) if own is None else RewardFunction(own)
    _check_on_tracks(reward, config)
    start = weights_of(parent).to_bytes()
    changes = differences(before, config) or ["    nothing differs"]
    notes = (f"a clone of {parent.name}; what differs:", *changes)
    return Session(config, create_model(store, config, reward, start), reward, notes)


def go_on(settings: Mapping[str, Any], store: ModelStore) -> Session:
    """Go on with the model that the settings name.

    Args:
        settings: `name`, and those of `LIMITS`; others are ignored: they are those of the model.
        store: where models are kept.

    Raises:
        BundleError: there is no such model, or none whose training can go on.
        StorageError: it was not trained here, or a file cannot be read.
        ConfigError: a setting is wrong.
    """
    bundle = store.find(settings["name"])
    before = read_config(bundle)
    if not (bundle.path / LATEST).is_file() and (bundle.path / POLICY).is_file():
        raise BundleError(
            f"model {bundle.name} holds no checkpoint of its training, so that it cannot go on, as "
            f"those that ship: clone it (clone:={bundle.name} with another name)"
        )
    config = _with_limits(before, settings)
    if config != before:
        lock = ModelLock(bundle.path)  # not those of a training that is running
        write_config(bundle, config)
        lock.release()
    return Session(config, bundle, RewardFunction(bundle.read_reward_function()), is_new=False)


def preview(
    settings: Mapping[str, Any], store: ModelStore, *, resume: bool = False, source: str = ""
) -> tuple[RunConfig, Path]:
    """What `begin`, `go_on` or `clone` will train, and the file of its reward function.

    Args:
        settings: as they are given to one of these.
        store: where models are kept.
        resume: whether it is `go_on`.
        source: what is cloned; empty: nothing.

    Raises:
        DeepRacerError: as these.
    """
    if resume:
        bundle = store.find(settings["name"])
        return _with_limits(read_config(bundle), settings), bundle.path / REWARD_FUNCTION
    if not source:
        config = RunConfig.from_settings(settings)
        return config, reward_path(config.reward)
    from deepracer_sim.training.cloning import inherit

    parent = store.find(source)
    config = RunConfig.from_settings(inherit(parent, settings))
    has_own = "reward" in settings
    return config, reward_path(config.reward) if has_own else parent.path / REWARD_FUNCTION


def _with_limits(config: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    return replace(config, **{name: settings[name] for name in LIMITS if name in settings})


def _check_free(name: str, store: ModelStore) -> None:
    if any(bundle.name == name for bundle in store.bundles()):
        raise BundleError(
            f"there is a model {name} already: give resume:=true to go on with its training, "
            "choose another name, or delete it"
        )


def _check_device(config: RunConfig) -> None:
    """Notice before there is a model that a GPU which is asked for is not there."""
    if config.device == "cuda":
        from deepracer_sim.training.device import learning_device  # torch takes seconds to load

        learning_device(config)


def _check_on_tracks(reward: RewardFunction, config: RunConfig) -> None:
    """Try the reward function on each of the tracks, and whether the objects find room there."""
    for name in config.tracks:
        track = Track.from_definition(find_track(name))
        if config.objects is not None:
            config.objects.placements(track.length, seed=0)
        check_reward(reward, track)
