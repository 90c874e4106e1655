"""Tensors of networks by name, as checkpoints hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
