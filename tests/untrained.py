"""Models that have not learned anything yet, which are enough to let the graph drive."""

from __future__ import annotations

import numpy as np
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.camera import Preprocessing
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import untrained_policy
from deepracer_core.new_action_space import grid
from deepracer_core.policy_spec import PolicySpec


def create_untrained(
    store: ModelStore, name: str, *, seed: int = 0, frames: int = 1
) -> ModelBundle:
    """Create a slim model that sees 80x45 pixels and chooses from the default actions."""
    preprocessing = Preprocessing(width=80, height=60, crop_top=15, frames=frames)
    spec = PolicySpec(name, preprocessing, ModelMetadata(grid()))
    files = {
        "model_metadata.json": spec.metadata.to_json().encode(),
        "policy.onnx": untrained_policy(spec, seed=seed),
    }
    return store.create(name, files)


def picture(seed: int) -> np.ndarray:
    """An image (120, 160, 3) of noise."""
    return np.random.default_rng(seed).integers(0, 256, (120, 160, 3), dtype=np.uint8)
