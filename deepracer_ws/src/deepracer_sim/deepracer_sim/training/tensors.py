"""Tensors of networks and optimizers by name, as checkpoints hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from deepracer_core.errors import CheckpointError
from torch import Tensor, nn

VALUE_PARTS = ("critic", "value_head")
"""Prefixes of the parameters that policy.onnx does not hold."""

Tensors = Mapping[str, Tensor]


def named(prefix: str, tensors: Tensors) -> dict[str, Tensor]:
    """The tensors with a prefix before their names."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def below(prefix: str, tensors: Tensors) -> dict[str, Tensor]:
    """Inverse of `named`: those with this prefix, without it."""
    start = f"{prefix}."
    return {name[len(start) :]: t for name, t in tensors.items() if name.startswith(start)}


def load_weights(network: nn.Module, tensors: Tensors) -> None:
    """Load what stands below `network.`; parameters of value estimates may be missing.

    Raises:
        CheckpointError: it is that of another network.
    """
    try:
        missing, _ = network.load_state_dict(below("network", tensors), strict=False)
    except RuntimeError as error:
        raise CheckpointError(f"these are the weights of another network: {error}") from error
    lacking = [name for name in missing if not name.startswith(VALUE_PARTS)]
    if lacking:
        raise CheckpointError(f"these are the weights of another network: {lacking} are missing")


@contextmanager
def fitting() -> Iterator[None]:
    """Say what is wrong if a checkpoint is restored that is that of another configuration.

    Raises:
        CheckpointError: it is.
    """
    try:
        yield
    except (RuntimeError, KeyError, ValueError, IndexError) as error:
        raise CheckpointError(
            f"the checkpoint does not fit the configuration of its model: {error}"
        ) from error


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What the optimizer remembers of each parameter, by its number."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{key}": value for i, values in state.items() for key, value in values.items()}


def load_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Inverse of `optimizer_tensors`.

    Raises:
        ValueError, IndexError: they are those of other parameters.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state = optimizer.state_dict()
    for key, value in tensors.items():
        index, name = key.split(".")
        state["state"].setdefault(int(index), {})[name] = _laid_out_as(
            parameters[int(index)], value
        )
    optimizer.load_state_dict(state)


def _laid_out_as(parameter: Tensor, value: Tensor) -> Tensor:
    """A copy of the value in the memory layout of its parameter, as a fused optimizer needs it."""
    if value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, requires_grad=False).copy_(value)
