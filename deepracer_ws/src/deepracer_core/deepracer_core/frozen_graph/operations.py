"""What each operation of TensorFlow is in ONNX: the operations that driving policies consist of.

TensorFlow keeps channels last, ONNX first. Here each tensor of four dimensions has its channels
first in the ONNX graph; they come last again where a Reshape makes features of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from deepracer_core.errors import FrozenGraphError
from deepracer_core.frozen_graph.folding import FOLDED, fold
from deepracer_core.frozen_graph.graph import Operation, attribute, read_constant

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Tensor:
    """What depends on the image."""

    name: str
    """In the ONNX graph."""
    shape: tuple[int, ...]
    """As TensorFlow has it, channels last, with a batch of one."""


Value: TypeAlias = "Tensor | Array"


class OnnxGraph:
    """Collects the nodes and weights of an ONNX graph."""

    def __init__(self) -> None:
        """Begin an empty graph."""
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[TensorProto] = []

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Append a node that puts out `output`, and return this name."""
        node = helper.make_node(operator, inputs, [output], name=output, **attributes)
        self.nodes.append(node)
        return output

    def append(self, operator: str, inputs: list[Tensor], **attributes: Any) -> str:
        """Append a node; return the name of its output, which is new."""
        name = f"{operator.lower()}_{len(self.nodes)}"
        return self.node(operator, [value.name for value in inputs], name, **attributes)

    def constant(self, values: Array) -> Tensor:
        """Store weights."""
        name = f"constant_{len(self.initializers)}"
        stored = np.ascontiguousarray(values, np.float32)
        self.initializers.append(numpy_helper.from_array(stored.reshape(values.shape), name))
        return Tensor(name, values.shape)

    def numbers(self, values: list[int]) -> Tensor:
        """Store whole numbers, such as the bounds of a slice."""
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return Tensor(name, (len(values),))


def translate(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    """The value of an operation other than a `Placeholder`; what is constant is computed at once.

    Raises:
        FrozenGraphError: the operation is not known, or not in this way.
    """
    if operation.kind == "Const":
        return read_constant(operation)
    if operation.kind == "Shape" and len(inputs) == 1:
        return np.array(inputs[0].shape, np.int64)
    constants = [value for value in inputs if not isinstance(value, Tensor)]
    if operation.kind in FOLDED and len(constants) == len(inputs):
        return fold(operation, constants)
    if operation.kind not in _TRANSLATORS:
        known = ", ".join(sorted({*_TRANSLATORS, *FOLDED, "Shape"}))
        raise FrozenGraphError(f"{operation}: this operation is not supported; known are {known}")
    count, function = _TRANSLATORS[operation.kind]
    if len(inputs) != count or len(constants) == count:
        raise FrozenGraphError(
            f"{operation} has {len(inputs)} inputs, {len(constants)} of them constant: "
            f"expected {count}, and one that depends on the image"
        )
    return function(graph, operation, inputs)


def _same(_graph: OnnxGraph, _operation: Operation, inputs: list[Value]) -> Value:
    return inputs[0]


def _activation(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    value = _tensor(operation, inputs[0])
    return Tensor(graph.append(operation.kind, [value]), value.shape)


def _softmax(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    value = _tensor(operation, inputs[0])
    _demand(len(value.shape) == 2, operation, f"of {value.shape}, which is no row of features")
    return Tensor(graph.append("Softmax", [value], axis=1), value.shape)


def _mean_pool(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    """Means of blocks that lie side by side."""
    value = _tensor(operation, inputs[0])
    blocks, strides = (list(attribute(operation, key).list.i) for key in ("ksize", "strides"))
    fits = len(value.shape) == len(blocks) == 4 and blocks == strides and blocks[::3] == [1, 1]
    fits = fits and all(0 < side <= size for side, size in zip(blocks, value.shape))
    _demand(fits, operation, f"of {value.shape} by blocks {blocks}, strides {strides}")
    _demand(_text(operation, "padding", b"") == "VALID", operation, "with padding")
    name = graph.append("AveragePool", [value], kernel_shape=blocks[1:3], strides=blocks[1:3])
    return Tensor(name, tuple(size // side for size, side in zip(value.shape, blocks)))


def _slice(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    """A part of a picture."""
    value = _tensor(operation, inputs[0])
    begin, size = (_array(operation, value).ravel().tolist() for value in inputs[1:])
    fits = len(value.shape) == len(begin) == len(size) == 4
    _demand(fits, operation, f"of {value.shape} from {begin}")
    pairs = list(zip(begin, size, value.shape))
    shape = tuple(whole - first if part == -1 else part for first, part, whole in pairs)
    fits = all(0 <= b < b + part <= whole for (b, _, whole), part in zip(pairs, shape))
    _demand(fits and begin[::3] == [0, 0], operation, f"of {value.shape} from {begin}, {size}")
    ends = [first + part for first, part in zip(begin, shape)]
    bounds = [graph.numbers(row[1:3]) for row in (begin, ends, [0, 2, 3, 0])]
    return Tensor(graph.append("Slice", [value, *bounds]), shape)


def _conv(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    value, kernel = _tensor(operation, inputs[0]), _array(operation, inputs[1])
    fits = len(value.shape) == kernel.ndim == 4 and value.shape[3] == kernel.shape[2]
    _demand(fits, operation, f"of {value.shape} with a kernel {kernel.shape}")
    _demand(_text(operation, "data_format", b"NHWC") == "NHWC", operation, "with channels first")
    if "dilations" in operation.attributes:
        dilations = list(operation.attributes["dilations"].list.i)
        _demand(set(dilations) <= {1}, operation, f"with dilations {dilations}")
    strides = list(attribute(operation, "strides").list.i)
    fits = len(strides) == 4 and strides[::3] == [1, 1] and min(strides) > 0
    _demand(fits, operation, f"with strides {strides}")
    padding = _text(operation, "padding", b"")
    _demand(padding in ("VALID", "SAME"), operation, f"with padding {padding!a}")
    sides = [
        (size - (side if padding == "VALID" else 1)) // stride + 1
        for size, side, stride in zip(value.shape[1:3], kernel.shape, strides[1:3])
    ]
    _demand(min(sides) > 0, operation, f"of {value.shape} with a kernel {kernel.shape}")
    weights = graph.constant(kernel.transpose(3, 2, 0, 1))
    pads = "VALID" if padding == "VALID" else "SAME_UPPER"
    name = graph.append("Conv", [value, weights], strides=strides[1:3], auto_pad=pads)
    return Tensor(name, (1, *sides, kernel.shape[3]))


def _matmul(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    value, weights = _tensor(operation, inputs[0]), _array(operation, inputs[1])
    _demand(not _flag(operation, "transpose_a"), operation, "of transposed features")
    weights = weights.T if _flag(operation, "transpose_b") else weights
    fits = len(value.shape) == weights.ndim == 2 and value.shape[1] == weights.shape[0]
    _demand(fits, operation, f"of {value.shape} with weights {weights.shape}")
    name = graph.append("MatMul", [value, graph.constant(weights)])
    return Tensor(name, (1, weights.shape[1]))


def _arithmetic(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    """Of two tensors of one shape, or of one with a number, or with one for each channel."""
    shape = next(value.shape for value in inputs if isinstance(value, Tensor))
    each = (shape[-1], 1, 1) if len(shape) == 4 else (1, shape[-1])
    operands = []
    for value in inputs:
        if isinstance(value, Tensor):
            fits = value.shape == shape
            operands.append(value)
        else:
            fits = value.size == 1 or value.shape[-1:] == (value.size,) == shape[-1:]
            fits = fits or (len(shape) == 2 and value.shape == (1, shape[-1]))
            if fits:
                operands.append(graph.constant(value.reshape(() if value.size == 1 else each)))
        _demand(fits, operation, f"of {shape} and {value.shape}")
    return Tensor(graph.append(_ARITHMETIC[operation.kind], operands), shape)


def _reshape(graph: OnnxGraph, operation: Operation, inputs: list[Value]) -> Value:
    """Only to a row of features, in the order of channels last."""
    value, wanted = _tensor(operation, inputs[0]), _array(operation, inputs[1])
    size = int(np.prod(value.shape))
    shape = [int(number) for number in wanted.ravel()]
    _demand(shape in ([1, size], [-1, size], [1, -1]), operation, f"of {value.shape} to {shape}")
    if len(value.shape) == 4:
        value = Tensor(graph.append("Transpose", [value], perm=[0, 2, 3, 1]), value.shape)
    return Tensor(graph.append("Flatten", [value], axis=1), (1, size))


_ARITHMETIC = {
    "Add": "Add",
    "AddV2": "Add",
    "BiasAdd": "Add",
    "Sub": "Sub",
    "Mul": "Mul",
    "RealDiv": "Div",
    "Div": "Div",
    "Maximum": "Max",
    "Minimum": "Min",
}
_Translator: TypeAlias = Callable[[OnnxGraph, Operation, list[Value]], Value]
# How many inputs an operation has, and what it becomes.
_TRANSLATORS: Mapping[str, tuple[int, _Translator]] = {
    **dict.fromkeys(("Identity", "StopGradient"), (1, _same)),
    **dict.fromkeys(("Relu", "Elu", "Tanh", "Sigmoid", "Softplus", "Exp"), (1, _activation)),
    **dict.fromkeys(_ARITHMETIC, (2, _arithmetic)),
    "Softmax": (1, _softmax),
    "AvgPool": (1, _mean_pool),
    "Slice": (3, _slice),
    "Conv2D": (2, _conv),
    "MatMul": (2, _matmul),
    "Reshape": (2, _reshape),
}


def _tensor(operation: Operation, value: Value) -> Tensor:
    if not isinstance(value, Tensor):
        raise FrozenGraphError(f"{operation} of a constant: its first input must be the image's")
    return value


def _array(operation: Operation, value: Value) -> Array:
    if isinstance(value, Tensor):
        raise FrozenGraphError(f"{operation}: its second input must be constant, as weights are")
    return value


def _demand(condition: bool, operation: Operation, what: str) -> None:
    if not condition:
        raise FrozenGraphError(f"{operation} {what}: this is not supported")


def _text(operation: Operation, name: str, default: bytes) -> str:
    value: bytes = operation.attributes[name].s if name in operation.attributes else default
    return value.decode(errors="replace")


def _flag(operation: Operation, name: str) -> bool:
    return name in operation.attributes and bool(operation.attributes[name].b)
