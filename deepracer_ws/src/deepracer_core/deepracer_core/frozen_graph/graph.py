"""Reads a frozen graph that may come from strangers: which operations there are, and constants."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray

from deepracer_core.errors import FrozenGraphError
from deepracer_core.frozen_graph import messages

MAX_BYTES = 64 * 1024 * 1024
"""Of the file; the classic network has 23 MB."""
MAX_NODES = 4096
"""In the file, with what training left; the classic policy has some 60."""
MAX_ELEMENTS = 16_000_000
"""Of one constant; the largest of the classic network has 5.8 million."""

_TYPES: Mapping[int, tuple[type[np.generic], str]] = {
    messages.FLOAT: (np.float32, "float_val"),
    messages.DOUBLE: (np.float64, "double_val"),
    messages.INT32: (np.int32, "int_val"),
    messages.UINT8: (np.uint8, "int_val"),
    messages.INT64: (np.int64, "int64_val"),
    messages.BOOL: (np.bool_, "bool_val"),
}


@dataclass(frozen=True)
class Operation:
    """One node of the graph.

    Attributes:
        name: Unique in the graph.
        kind: Which operation it is, such as `Conv2D`.
        inputs: Names of the operations whose first output it takes, in order.
        attributes: Its attributes as messages `Value`.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        """For error messages."""
        return f"{self.kind} {self.name!a}"


def read_graph(data: bytes) -> dict[str, Operation]:
    """The operations of a frozen graph by name, in the order of the file.

    Raises:
        FrozenGraphError: it is no such graph, or too large.
    """
    if len(data) > MAX_BYTES:
        raise FrozenGraphError(
            f"the graph has {len(data)} bytes, more than {MAX_BYTES}; a racing policy is smaller"
        )
    try:
        graph = messages.Graph.FromString(data)
    except DecodeError as error:
        raise FrozenGraphError(
            f"this is no frozen TensorFlow graph ({error}); copy the file again"
        ) from error
    if not 1 <= len(graph.node) <= MAX_NODES:
        raise FrozenGraphError(
            f"the graph has {len(graph.node)} operations; a frozen policy has 1 to {MAX_NODES}"
        )
    found: dict[str, Operation] = {}
    for node in graph.node:
        if node.name in found:
            raise FrozenGraphError(f"the graph has two operations of the name {node.name!a}")
        inputs = tuple(map(_source, (text for text in node.input if not text.startswith("^"))))
        attributes = {entry.key: entry.value for entry in node.attr}
        found[node.name] = Operation(node.name, node.op, inputs, attributes)
    return found


def ancestors(graph: Mapping[str, Operation], outputs: Iterable[str]) -> list[Operation]:
    """What the outputs need, each operation after all of its inputs.

    Raises:
        FrozenGraphError: an input is missing, or the graph goes in a circle.
    """
    order: dict[str, Operation] = {}
    begun: set[str] = set()
    stack = list(outputs)
    while stack:
        name = stack[-1]
        if name not in graph:
            raise FrozenGraphError(f"the graph lacks the operation {name!a}; copy the file again")
        waiting = [source for source in graph[name].inputs if source not in order]
        if name in order or not waiting:
            order[name] = graph[name]
            stack.pop()
        elif name in begun:
            raise FrozenGraphError(f"the graph goes in a circle at {name!a}; no policy does")
        else:
            begun.add(name)
            stack.extend(waiting)
    return list(order.values())


def read_constant(operation: Operation) -> NDArray[Any]:
    """The value of a `Const`.

    Raises:
        FrozenGraphError: its type is unknown, or its size and its data contradict each other.
    """
    tensor = attribute(operation, "value").tensor
    if tensor.dtype not in _TYPES:
        raise FrozenGraphError(f"{operation} has the unknown type {tensor.dtype}")
    dtype, field = _TYPES[tensor.dtype]
    shape = tuple(dim.size for dim in tensor.tensor_shape.dim)
    size = math.prod(shape)
    if any(dim < 0 for dim in shape) or size > MAX_ELEMENTS:
        raise FrozenGraphError(f"{operation} has the shape {shape}; a policy's are smaller")
    if tensor.tensor_content:
        if len(tensor.tensor_content) != size * np.dtype(dtype).itemsize:
            raise FrozenGraphError(f"{operation}: its data do not have the shape {shape}")
        # TensorFlow writes little-endian only.
        little = np.dtype(dtype).newbyteorder("<")
        return np.frombuffer(tensor.tensor_content, little).astype(dtype).reshape(shape)
    given = np.array(getattr(tensor, field), dtype)
    if given.size > size or (size and not given.size):
        raise FrozenGraphError(f"{operation}: its data do not have the shape {shape}")
    # The last value stands for all that follow (tensor.proto).
    filled = np.full(size, given[-1] if given.size else 0, dtype)
    filled[: given.size] = given
    return filled.reshape(shape)


def attribute(operation: Operation, name: str) -> Any:
    """An attribute that must be there, as message `Value`.

    Raises:
        FrozenGraphError: it is missing.
    """
    if name not in operation.attributes:
        raise FrozenGraphError(f"{operation} lacks its attribute {name!r}; copy the file again")
    return operation.attributes[name]


def _source(text: str) -> str:
    """The operation whose output `NAME` or `NAME:0` is taken."""
    name, _, port = text.partition(":")
    if port not in ("", "0"):
        raise FrozenGraphError(f"an operation takes {text!a}; only first outputs are supported")
    return name
