"""The files of a model in training: made when it begins, and read when it goes on."""

from __future__ import annotations

import json

from deepracer_core import atomic
from deepracer_core.bundle.layout import HYPERPARAMETERS, MODEL_METADATA, REWARD_FUNCTION
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import RewardError
from deepracer_core.reward.source import RewardFunction
from deepracer_core.reward.validator import validate
from deepracer_core.track.track import Track

from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.settings import read_settings

TRAINING_PARAMS = "training_params.yaml"
METRICS = "training_metrics.json"
CURVES = "training.png"
START = "checkpoints/start.safetensors"
"""The weights that a clone begins with."""
BEST = "checkpoints/best.safetensors"
"""The weights of policy.onnx, with those of the value estimate."""


def check_reward(function: RewardFunction, track: Track) -> None:
    """Try the function in many situations, so that training does not stop for it later.

    Raises:
        RewardError: one cannot train with it; tells the first thing that is wrong.
    """
    report = validate(function, track)
    for finding in report.findings:
        if finding.severity == "error":
            raise RewardError(
                finding.cause, source=report.name, line=finding.line, repair=finding.repair
            )


def create_model(
    store: ModelStore, config: RunConfig, reward: RewardFunction, start: bytes | None = None
) -> ModelBundle:
    """Make the folder of a new model, with everything but what it learns.

    Args:
        store: where models are kept.
        config: of the training.
        reward: the reward function.
        start: content of `START`, if there are weights to begin with.

    Raises:
        BundleError: the name is taken.
        StorageError: the folder cannot be written.
    """
    hyperparameters = json.dumps(config.hyperparameters.to_dict(), indent=2) + "\n"
    files = {
        MODEL_METADATA: config.spec.metadata.to_json(),
        REWARD_FUNCTION: reward.text,
        HYPERPARAMETERS: hyperparameters,
        TRAINING_PARAMS: config.to_yaml(),
    }
    content = {path: text.encode() for path, text in files.items()}
    if start is not None:
        content[START] = start
    return store.create(config.name, content)


def write_config(bundle: ModelBundle, config: RunConfig) -> None:
    """Replace the configuration that is kept with a model.

    Raises:
        StorageError: the operating system refuses.
    """
    atomic.write_text(bundle.path / TRAINING_PARAMS, config.to_yaml())


def read_config(bundle: ModelBundle) -> RunConfig:
    """The configuration that a model was trained with.

    Raises:
        StorageError: it has none, such as one that was imported.
        ConfigError: it is broken.
    """
    return RunConfig.from_settings(read_settings(bundle.path / TRAINING_PARAMS))


def model_card(config: RunConfig, lines: list[str]) -> str:
    """The text of model_card.md.

    Args:
        config: of the training.
        lines: what came of it.
    """
    settings = config.to_yaml()
    results = "\n".join(f"- {line}" for line in lines)
    description = config.description or "A policy that drives by what the camera sees."
    return (
        f"# {config.name}\n\n{description}\n\n## Results\n\n{results}\n\n"
        f"## Training\n\n```yaml\n{settings}```\n"
    )
