"""Where settings of a training are written: in a file, as arguments, in a model that is cloned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from deepracer_core.errors import ConfigError, StorageError

from deepracer_sim.race_types import TIME_TRIAL
from deepracer_sim.training import plain_yaml
from deepracer_sim.training.run_config import DEFAULT_NAME

MAPPINGS = ("action_space", "hyperparameters", "objects", "preprocessing")
"""Settings that hold several values."""
MAX_LENGTH = 1_000_000
"""Longest file of settings [characters]; an action space of 100 actions takes 6,000."""
MAX_DEPTH = 20


def read_settings(path: str | Path) -> dict[str, Any]:
    """Read the settings of a YAML file, for `RunConfig.from_settings`.

    Raises:
        StorageError: it cannot be read.
        ConfigError: it holds no mapping.
    """
    try:
        with Path(path).expanduser().open(encoding="utf-8") as file:
            text = file.read(MAX_LENGTH + 1)
        _check_is_plain(path, text)
        settings = plain_yaml.load(text)
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}; check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no YAML: {error}") from error
    if not isinstance(settings, dict):
        raise ConfigError(f"{path} holds no settings: write lines `name: value`")
    return settings


def _check_is_plain(path: str | Path, text: str) -> None:
    """Refuse what grows beyond all bounds when it is loaded; a file may come from anybody."""
    depth = 0
    for event in yaml.parse(text[:MAX_LENGTH], Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > MAX_DEPTH:
            raise ConfigError(f"{path}: write settings without aliases, less than {MAX_DEPTH} deep")
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"{path} is longer than {MAX_LENGTH:,} characters: those are no settings")


def gather_settings(name: str, path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from where people write them, for `RunConfig.from_settings`.

    Args:
        name: of the model; that of the file counts only where this is `DEFAULT_NAME`.
        path: of a YAML file with settings; empty: none.
        given: settings that change those of the file; `MAPPINGS` may be YAML text.

    Raises:
        StorageError: the file cannot be read.
        ConfigError: it holds no mapping, or a text is no YAML.
    """
    written, said = (
        {key: _parsed(key, value) for key, value in settings.items()}
        for settings in (read_settings(path) if path else {}, given)
    )
    if name != DEFAULT_NAME or "name" not in written:
        said["name"] = name
    return with_changes(written, said)


def with_changes(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of which some are changed; of `MAPPINGS`, only the parts that are named.

    A grid makes a list of actions anew, and another type of race has objects of its own.
    """
    changed = dict(settings)
    race = settings.get("race_type", TIME_TRIAL)
    if changes.get("race_type", race) != race:
        changed.pop("objects", None)
    for name, value in changes.items():
        is_part = name in MAPPINGS and _adds_to(changed.get(name), value)
        changed[name] = {**changed[name], **value} if is_part else value
    return changed


def _adds_to(before: object, given: object) -> bool:
    return isinstance(before, Mapping) and isinstance(given, Mapping) and "grid" not in given


def _parsed(name: str, value: Any) -> Any:
    if name not in MAPPINGS or not isinstance(value, str):
        return value
    try:
        return plain_yaml.load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name} {value!r} is no YAML: {error}") from error
