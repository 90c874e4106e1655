"""The protobuf messages of a frozen graph: the part of TensorFlow's that networks consist of.

Numbers and types of the fields are those of tensorflow/core/framework/{graph, node_def,
attr_value, tensor, tensor_shape, versions}.proto. Enumerations are read as the integers that they
are, maps as lists of key and value, which is the same on the wire; fields that are not named here
are passed over. Beside protobuf, which onnx brings along, nothing is needed: a car has no more.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import (  # type: ignore[import-untyped]
    descriptor_pb2,
    descriptor_pool,
    message_factory,
)

FLOAT, DOUBLE, INT32, UINT8, INT64, BOOL = 1, 2, 3, 4, 9, 10
"""tensorflow.DataType"""

PRODUCER = 27
"""Version of graphs that we write: that of TensorFlow 1.13, which the first cars converted."""

_PACKAGE = "deepracer_core.frozen_graph"
# message -> (name, number, type); `*` before the type: repeated
_MESSAGES = {
    "Dimension": [("size", 1, "int64")],
    "Shape": [("dim", 2, "*Dimension"), ("unknown_rank", 3, "bool")],
    "Tensor": [
        ("dtype", 1, "int32"),
        ("tensor_shape", 2, "Shape"),
        ("tensor_content", 4, "bytes"),
        ("float_val", 5, "*float"),
        ("double_val", 6, "*double"),
        ("int_val", 7, "*int32"),
        ("int64_val", 10, "*int64"),
        ("bool_val", 11, "*bool"),
    ],
    "ValueList": [("i", 3, "*int64")],
    "Value": [
        ("list", 1, "ValueList"),
        ("s", 2, "bytes"),
        ("i", 3, "int64"),
        ("f", 4, "float"),
        ("b", 5, "bool"),
        ("type", 6, "int32"),
        ("shape", 7, "Shape"),
        ("tensor", 8, "Tensor"),
    ],
    "Attribute": [("key", 1, "string"), ("value", 2, "Value")],
    "Node": [
        ("name", 1, "string"),
        ("op", 2, "string"),
        ("input", 3, "*string"),
        ("attr", 5, "*Attribute"),
    ],
    "Versions": [("producer", 1, "int32")],
    "Graph": [("node", 1, "*Node"), ("versions", 4, "Versions")],
}
# Of these one field is set, and written even if it is 0 or false.
_ONE_OF = ("Value",)


def _describe() -> Any:
    """The file descriptor that the table stands for."""
    file = descriptor_pb2.FileDescriptorProto(
        name="deepracer_core/frozen_graph.proto", package=_PACKAGE, syntax="proto3"
    )
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name in _ONE_OF:
            message.oneof_decl.add(name="value")
        for field_name, number, text in fields:
            kind = text.removeprefix("*")
            field = message.field.add(name=field_name, number=number)
            field.label = kinds.LABEL_REPEATED if text != kind else kinds.LABEL_OPTIONAL
            if name in _ONE_OF:
                field.oneof_index = 0
            if kind in _MESSAGES:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                field.type = kinds.Type.Value(f"TYPE_{kind.upper()}")
    return file


# A pool of its own: TensorFlow or TensorBoard in the same process are none of its business.
_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_describe())


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


Graph, Node, Tensor = _message("Graph"), _message("Node"), _message("Tensor")
