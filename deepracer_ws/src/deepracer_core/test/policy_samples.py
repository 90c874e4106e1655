"""Model metadata and policies for the tests of policies and bundles."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import onnx
from deepracer_core.camera import Preprocessing
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import untrained_policy
from deepracer_core.policy_spec import PolicySpec

SMALL = Preprocessing(width=80, height=60, crop_top=15)

_COMMON = {
    "sensor": ["FRONT_FACING_CAMERA"],
    "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    "training_algorithm": "clipped_ppo",
    "version": "5",
}


def discrete_metadata(angles: tuple[float, ...] = (-30, -15, 0, 15, 30)) -> str:
    """model_metadata.json with these steering angles [deg], each at 0.4 and 0.8 m/s."""
    actions = [{"steering_angle": a, "speed": s} for a in angles for s in (0.4, 0.8)]
    return json.dumps({"action_space": actions, "action_space_type": "discrete", **_COMMON})


def continuous_metadata() -> str:
    """model_metadata.json with -20..30 degrees and 0.5..2.0 m/s."""
    space = {"steering_angle": {"low": -20, "high": 30}, "speed": {"low": 0.5, "high": 2.0}}
    return json.dumps({"action_space": space, "action_space_type": "continuous", **_COMMON})


def make_spec(metadata: str, preprocessing: Preprocessing = SMALL) -> PolicySpec:
    """The spec of a policy called `sample`."""
    return PolicySpec("sample", preprocessing, ModelMetadata.from_json(metadata))


@cache
def sample_policy(metadata: str | None = None, architecture: str = "slim", seed: int = 0) -> bytes:
    """An untrained policy, by default with ten discrete actions."""
    return untrained_policy(make_spec(metadata or discrete_metadata()), architecture, seed)


def edited(change: Callable[[onnx.ModelProto], object], data: bytes | None = None) -> bytes:
    """The sample policy after `change` was applied to its protobuf."""
    model = onnx.load_model_from_string(data or sample_policy())
    change(model)
    return model.SerializeToString()


def property_set(key: str, value: str | None) -> Callable[[onnx.ModelProto], None]:
    """A change that sets or removes one entry of the model's metadata."""

    def change(model: onnx.ModelProto) -> None:
        kept = {e.key: e.value for e in model.metadata_props if e.key != key}
        onnx.helper.set_model_props(model, kept if value is None else {**kept, key: value})

    return change
