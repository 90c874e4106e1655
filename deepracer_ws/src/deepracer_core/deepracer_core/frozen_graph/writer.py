"""Writes a frozen graph operation by operation; pictures have their channels last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_core.frozen_graph import messages


class GraphWriter:
    """Each call appends an operation and returns its name."""

    def __init__(self) -> None:
        """Begin an empty graph."""
        self._graph = messages.Graph()
        self._graph.versions.producer = messages.PRODUCER

    def serialised(self) -> bytes:
        """The file's content; the same operations give the same bytes."""
        data: bytes = self._graph.SerializeToString(deterministic=True)
        return data

    def placeholder(self, name: str, shape: Sequence[int]) -> str:
        """A float input; a size of -1 is not known."""
        node = self._append("Placeholder", name, [])
        _value(node, "dtype").type = messages.FLOAT
        for size in shape:
            _value(node, "shape").shape.dim.add(size=size)
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """A constant of float32 or int32."""
        node = self._append("Const", name, [])
        kind = messages.INT32 if values.dtype == np.int32 else messages.FLOAT
        _value(node, "dtype").type = kind
        tensor = _value(node, "value").tensor
        tensor.dtype = kind
        tensor.tensor_shape.SetInParent()
        for size in values.shape:
            tensor.tensor_shape.dim.add(size=size)
        little = "<i4" if kind == messages.INT32 else "<f4"
        tensor.tensor_content = np.ascontiguousarray(values, little).tobytes()
        return name

    def operation(self, kind: str, name: str, *inputs: str) -> str:
        """An operation of floats without any other attribute."""
        _value(self._append(kind, name, inputs), "T").type = messages.FLOAT
        return name

    def matrix_product(self, name: str, features: str, weights: str) -> str:
        """A dense layer without bias."""
        node = self._append("MatMul", name, [features, weights])
        _value(node, "T").type = messages.FLOAT
        for side in ("transpose_a", "transpose_b"):
            _value(node, side).b = False
        return name

    def convolution(self, name: str, image: str, kernel: str, strides: Sequence[int]) -> str:
        """A convolution without padding and bias."""
        return self._windowed("Conv2D", name, [image, kernel], strides=[1, *strides, 1])

    def mean_pool(self, name: str, image: str, side: int) -> str:
        """The means of blocks of side x side pixels."""
        block = [1, side, side, 1]
        return self._windowed("AvgPool", name, [image], ksize=block, strides=block)

    def reshape(self, name: str, values: str, shape: Sequence[int]) -> str:
        """The same values in another shape."""
        sizes = self.constant(f"{name}/shape", np.array(shape, np.int32))
        node = self._append("Reshape", name, [values, sizes])
        _value(node, "T").type = messages.FLOAT
        _value(node, "Tshape").type = messages.INT32
        return name

    def without_rows(self, name: str, image: str, rows: int) -> str:
        """An image without its first rows."""
        begin = self.constant(f"{name}/begin", np.array([0, rows, 0, 0], np.int32))
        size = self.constant(f"{name}/size", np.array([-1, -1, -1, -1], np.int32))
        node = self._append("Slice", name, [image, begin, size])
        _value(node, "T").type = messages.FLOAT
        _value(node, "Index").type = messages.INT32
        return name

    def _windowed(self, kind: str, name: str, inputs: list[str], **lists: Sequence[int]) -> str:
        node = self._append(kind, name, inputs)
        _value(node, "T").type = messages.FLOAT
        _value(node, "padding").s = b"VALID"
        _value(node, "data_format").s = b"NHWC"
        for key, numbers in lists.items():
            _value(node, key).list.i.extend(numbers)
        return name

    def _append(self, kind: str, name: str, inputs: Sequence[str]) -> Any:
        return self._graph.node.add(name=name, op=kind, input=inputs)


def _value(node: Any, key: str) -> Any:
    """The value of an attribute, which is added if it is not there yet."""
    entry = next((entry for entry in node.attr if entry.key == key), None)
    return (entry or node.attr.add(key=key)).value
