"""Where the network learns: on a GPU or on the processor. Cars are always driven by a processor."""

from __future__ import annotations

import torch
from deepracer_core.errors import ConfigError

from deepracer_sim.training.run_config import RunConfig


def learning_device(config: RunConfig) -> torch.device:
    """The device that a configuration asks for.

    Raises:
        ConfigError: it asks for a GPU, and torch sees none.
    """
    has_gpu = torch.cuda.is_available()
    if config.device == "cuda" and not has_gpu:
        raise ConfigError(
            "device cuda: torch sees no GPU; install a driver and a torch with CUDA, or give "
            "device:=cpu"
        )
    return torch.device("cuda" if has_gpu and config.device != "cpu" else "cpu")
