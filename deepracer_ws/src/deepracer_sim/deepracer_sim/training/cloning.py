"""A new model that starts from the weights of another, with other settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import onnx
import torch
from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.errors import BundleError, ConfigError
from deepracer_core.networks import LOG_STD
from deepracer_core.policy_check import check_policy
from onnx import numpy_helper

from deepracer_sim.training.checkpoints import LATEST, Checkpoint
from deepracer_sim.training.model_files import BEST, TRAINING_PARAMS, read_config
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.settings import MAPPINGS, with_changes

OWN = (
    *("name", "description", "seed", "workers", "num_simulators", "ray_address", "device"),
    *("max_minutes", "max_steps", "max_episodes", "stop_when_good", "good_evaluations"),
)
"""Settings that a clone does not take over: they are about one training, not about the model."""

_POLICY_PARTS = ("convolutions.", "dense.")


def inherit(source: ModelBundle, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a clone.

    Args:
        source: what is cloned.
        given: what shall differ; see `RunConfig.from_settings`.

    Raises:
        BundleError: the source was not trained by this stack.
        ConfigError: a preset is given.
    """
    if "preset" in given:
        raise ConfigError("a clone has the settings of its source: give single ones, no preset")
    if not (source.path / TRAINING_PARAMS).is_file():
        raise BundleError(
            f"model {source.name} cannot be cloned: it holds no {TRAINING_PARAMS}, so it is not "
            "known how it was trained; train a new model"
        )
    settings = {k: v for k, v in read_config(source).to_settings().items() if k not in OWN}
    return with_changes(settings, given)


def check_fits(source: RunConfig, clone: RunConfig) -> None:
    """Refuse what the weights of the source cannot be used for.

    Raises:
        ConfigError: network, algorithm, picture or actions differ; names them all.
    """
    before, after = _shape(source), _shape(clone)
    wrong = [
        f"{what} ({before[what]}, not {after[what]})"
        for what in before
        if before[what] != after[what]
    ]
    if wrong:
        raise ConfigError(
            f"a clone of {source.name} keeps its {', '.join(wrong)}: its weights fit nothing else; "
            "leave these settings out, or train a new model without clone"
        )


def differences(source: RunConfig, clone: RunConfig) -> list[str]:
    """What was changed, a line for each setting."""
    before, after = (dict(_flat(config.to_settings())) for config in (source, clone))
    names = [name for name in {**before, **after} if name not in ("name", "description")]
    return [
        f"    {name}: {before.get(name)} -> {after.get(name)}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def weights_of(source: ModelBundle) -> Checkpoint:
    """The weights to start from: the best by evaluation, or else the latest, or policy.onnx.

    Raises:
        CheckpointError: a file is broken.
        BundleError: the model has learnt nothing yet.
        PolicyError: policy.onnx is broken.
    """
    record = {"clone_of": source.name}
    for path in (BEST, LATEST):
        if (source.path / path).is_file():
            tensors = Checkpoint.read(source.path / path).tensors
            kept = {name: value for name, value in tensors.items() if name.startswith("network.")}
            return Checkpoint(kept, record)
    return Checkpoint(dict(_of_policy(source.read_policy())), record)


def _of_policy(data: bytes) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights in a policy.onnx that `deepracer_core.networks` has built."""
    check_policy(data)
    for tensor in onnx.ModelProto.FromString(data).graph.initializer:
        value = torch.from_numpy(numpy_helper.to_array(tensor).copy())
        if tensor.name.startswith(_POLICY_PARTS):
            yield f"network.policy.{tensor.name}", value
        elif tensor.name.startswith("head."):
            yield f"network.{tensor.name}", value
        elif tensor.name == LOG_STD:
            yield f"network.{tensor.name}", value.flatten()


def _shape(config: RunConfig) -> dict[str, Any]:
    """What decides whether weights fit."""
    space = config.action_space
    actions = f"{len(space)} in a list" if isinstance(space, DiscreteActionSpace) else "continuous"
    return {
        "algorithm": config.algorithm,
        "network": config.network,
        "shared_value": config.shared_value,
        "picture": str(config.spec.preprocessing.to_dict()),
        "actions": actions,
    }


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if name in MAPPINGS and isinstance(value, Mapping) and name != "action_space":
            yield from ((f"{name}.{key}", entry) for key, entry in value.items())
        else:
            yield name, value
