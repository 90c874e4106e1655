"""What a policy.onnx may hold: checked before any inference library sees it.

A network from elsewhere is hostile until checked: ONNX files can name other files to read (external
data), bring loops and foreign operators, or ask for more memory than there is. Here a policy is one
small graph of plain operators on tensors of known, bounded size, all of it inside the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import TensorProto, numpy_helper

from deepracer_core.errors import PolicyError
from deepracer_core.policy_spec import INPUT, OUTPUT, PolicySpec

# The classic network is 23 MB.
MAX_BYTES = 64 * 1024 * 1024
MAX_NODES = 256
# All tensors between the operators together; the classic network has 0.1 million elements.
MAX_ELEMENTS = 16_000_000
OPSETS = range(11, 29)

# What convolutional policies are made of: nothing that loops, reads, or grows a tensor by values.
OPERATORS = frozenset(
    [
        *("Conv", "Gemm", "MatMul", "BatchNormalization", "LayerNormalization"),
        *("AveragePool", "GlobalAveragePool", "MaxPool", "ReduceMean"),
        *("Elu", "Exp", "LeakyRelu", "Log", "LogSoftmax", "Relu", "Sigmoid", "Softmax"),
        *("Softplus", "Tanh"),
        *("Add", "Clip", "Div", "Max", "Min", "Mul", "Neg", "Pow", "Sqrt", "Sub", "Sum"),
        *("Cast", "Concat", "Constant", "Flatten", "Identity", "Reshape", "Slice", "Split"),
        *("Squeeze", "Transpose", "Unsqueeze"),
    ]
)


def check_policy(data: bytes) -> PolicySpec:
    """Check the bytes of a policy.onnx and return what it says of itself.

    Raises:
        PolicyError: it is no ONNX, or breaks a rule; names the rule, the place and the remedy.
    """
    try:
        model = _parse(data)
        _check_plain(model)
        for name, tensor in _tensors(model.graph):
            _check_tensor(name, tensor)
        spec = PolicySpec.from_metadata({entry.key: entry.value for entry in model.metadata_props})
        _check_interface(model.graph, spec)
        _check_sizes(model)
    except UnicodeDecodeError as error:  # protobuf checks names only when they are read
        raise PolicyError(f"policy.onnx holds a name that is not UTF-8: {error}") from error
    return spec


def _parse(data: bytes) -> onnx.ModelProto:
    if len(data) > MAX_BYTES:
        raise PolicyError(
            f"policy.onnx has {len(data)} bytes, more than {MAX_BYTES}; a racing policy is smaller"
        )
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except DecodeError as error:
        raise PolicyError(f"policy.onnx is no ONNX model ({error}); export it again") from error
    if not model.ir_version:
        raise PolicyError("policy.onnx is no ONNX model (it has no version); export it again")
    return model


def _check_plain(model: onnx.ModelProto) -> None:
    """One graph of allowed standard operators, without functions, loops or training parts."""
    versions = {entry.domain: entry.version for entry in model.opset_import}
    foreign = sorted(set(versions) - {"", "ai.onnx"})
    if foreign:
        raise PolicyError(f"policy.onnx uses operators of {foreign}; use those of ONNX itself")
    opset = versions.get("", versions.get("ai.onnx", 0))
    if opset not in OPSETS:
        raise PolicyError(
            f"policy.onnx uses opset {opset}; export it with {OPSETS[0]} to {OPSETS[-1]}"
        )
    if model.functions or model.training_info or model.graph.sparse_initializer:
        raise PolicyError("policy.onnx holds functions, training or sparse parts; export it plain")
    if not 1 <= len(model.graph.node) <= MAX_NODES:
        raise PolicyError(
            f"policy.onnx has {len(model.graph.node)} operators; use 1 to {MAX_NODES}"
        )
    for node in model.graph.node:
        _check_node(node)


def _check_node(node: onnx.NodeProto) -> None:
    if node.op_type not in OPERATORS or node.domain not in ("", "ai.onnx"):
        raise PolicyError(
            f"policy.onnx: operator {node.op_type!a} of node {node.name!a} is not allowed; "
            "build the network from plain layers (Conv, Gemm, Relu, Softmax, ...)"
        )
    for attribute in node.attribute:
        kind = onnx.AttributeProto
        if attribute.type in (kind.GRAPH, kind.GRAPHS, kind.SPARSE_TENSOR, kind.SPARSE_TENSORS):
            raise PolicyError(f"policy.onnx: node {node.name!a} holds a graph or sparse tensor")


def _tensors(graph: onnx.GraphProto) -> Iterator[tuple[str, TensorProto]]:
    """Each stored tensor: the weights, and the constants inside of nodes."""
    for tensor in graph.initializer:
        yield tensor.name, tensor
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield node.name, attribute.t
            for tensor in attribute.tensors:
                yield node.name, tensor


def _check_tensor(name: str, tensor: TensorProto) -> None:
    """Refuse data outside of the file, and weights that are no numbers."""
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise PolicyError(
            f"policy.onnx: the data of {name!a} is outside of the file; "
            "export with all weights inside (external_data=False)"
        )
    try:
        values = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise PolicyError(f"policy.onnx: the data of {name!a} is malformed: {error}") from error
    if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
        raise PolicyError(f"policy.onnx: {name!a} holds NaN or infinity; take an older checkpoint")


def _check_interface(graph: onnx.GraphProto, spec: PolicySpec) -> None:
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    _check_value("input", inputs, INPUT, TensorProto.UINT8, spec.preprocessing.input_shape)
    _check_value("output", list(graph.output), OUTPUT, TensorProto.FLOAT, (1, spec.outputs))


def _check_value(
    what: str, values: list[onnx.ValueInfoProto], name: str, kind: int, shape: tuple[int, ...]
) -> None:
    """Hold the graph's only input or output against the spec; its batch may be symbolic."""
    names = [value.name for value in values]
    if names != [name]:
        raise PolicyError(f"policy.onnx has the {what}s {names}; it needs exactly {name!r}")
    tensor = values[0].type.tensor_type
    if tensor.elem_type != kind:
        types = {number: text for text, number in TensorProto.DataType.items()}
        given = types.get(tensor.elem_type, f"type {tensor.elem_type}")
        raise PolicyError(f"policy.onnx: {what} {name} is {given}; it must be {types[kind]}")
    dimensions = tensor.shape.dim
    found = [1 if entry.HasField("dim_param") else entry.dim_value for entry in dimensions[:1]]
    found += [entry.dim_value for entry in dimensions[1:]]
    if tuple(found) != shape:
        raise PolicyError(
            f"policy.onnx: {what} {name} has shape {tuple(found)}, its metadata asks for {shape} "
            "(camera and action space); export it with the metadata it was trained with"
        )


def _check_sizes(model: onnx.ModelProto) -> None:
    """Follow the shapes through the graph for one image: all known, and small together."""
    single = onnx.ModelProto()
    single.CopyFrom(model)
    for value in (*single.graph.input, *single.graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    del single.graph.value_info[:]
    try:
        onnx.checker.check_model(single)
        inferred = onnx.shape_inference.infer_shapes(single, strict_mode=True, data_prop=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = str(error).partition("\n")[0] or "its graph is inconsistent"
        raise PolicyError(f"policy.onnx is malformed: {reason}") from error
    shapes = {value.name: value.type.tensor_type.shape.dim for value in inferred.graph.value_info}
    shapes.update((value.name, value.type.tensor_type.shape.dim) for value in inferred.graph.output)
    total = 0
    for name in (name for node in model.graph.node for name in node.output if name):
        if name not in shapes or any(entry.dim_value < 1 for entry in shapes[name]):
            raise PolicyError(f"policy.onnx: the size of {name!a} is unknown; export fixed shapes")
        total += math.prod(entry.dim_value for entry in shapes[name])
    if total > MAX_ELEMENTS:
        raise PolicyError(
            f"policy.onnx computes {total} intermediate values, more than {MAX_ELEMENTS}; "
            "use a smaller network"
        )
