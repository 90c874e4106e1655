"""Networks that are broken or hostile are refused, each with a message that says why."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from deepracer_core import policy_check
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import PolicyError
from deepracer_core.networks import ARCHITECTURES, untrained_policy
from deepracer_core.policy_check import check_policy
from deepracer_core.policy_spec import PolicySpec
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, TensorProto, helper, numpy_helper
from policy_samples import (
    continuous_metadata,
    discrete_metadata,
    edited,
    make_spec,
    property_set,
    sample_policy,
)


def external_data(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[1]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")


def external_constant(model: onnx.ModelProto) -> None:
    tensor = TensorProto(name="secret", data_type=TensorProto.FLOAT, dims=[1])
    tensor.external_data.add(key="location", value="/etc/shadow")
    model.graph.node.append(helper.make_node("Constant", [], ["c"], name="const", value=tensor))


def loop(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["out"], name="bomb", body=body))


def hidden_graph(model: onnx.ModelProto) -> None:
    node = model.graph.node[2]
    node.attribute.append(helper.make_attribute("body", helper.make_graph([], "b", [], [])))


def operator(name: str, domain: str = "") -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[2].op_type = name
        model.graph.node[2].domain = domain

    return change


def weight(change: Callable[[np.ndarray], object]) -> Callable[[onnx.ModelProto], None]:
    def apply(model: onnx.ModelProto) -> None:
        tensor = model.graph.initializer[1]
        values = numpy_helper.to_array(tensor).copy()
        change(values)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    return apply


def nan_weight(values: np.ndarray) -> None:
    values[0, 0, 0, 0] = np.nan


def infinite_weight(values: np.ndarray) -> None:
    values[-1] = -np.inf


def short_weight(model: onnx.ModelProto) -> None:
    model.graph.initializer[1].raw_data = b"\0" * 8


def huge_dims(model: onnx.ModelProto) -> None:
    model.graph.initializer[1].dims[0] = 2**40


def unknown_weight_type(model: onnx.ModelProto) -> None:
    model.graph.initializer[1].data_type = 77


def shape(place: str, *dims: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        value = getattr(model.graph, place)[0]
        kind = value.type.tensor_type.elem_type
        value.CopyFrom(helper.make_tensor_value_info(value.name, kind, dims))

    return change


def element_type(place: str, kind: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        getattr(model.graph, place)[0].type.tensor_type.elem_type = kind

    return change


def renamed(place: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        getattr(model.graph, place)[0].name = "other"

    return change


def second(place: str) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        getattr(model.graph, place).add().CopyFrom(getattr(model.graph, place)[0])

    return change


def padding_bomb(model: onnx.ModelProto) -> None:
    """A convolution that pads its 80x45 image to two million rows."""
    bomb = helper.make_node("Conv", model.graph.node[2].input, ["bomb"], pads=[10**6, 0, 10**6, 0])
    model.graph.node.append(bomb)


def broadcast_bomb(model: onnx.ModelProto) -> None:
    """Column plus row: 20,000 squared values out of two small vectors."""
    for name, dims in (("column", (20000, 1)), ("row", (1, 20000))):
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(dims, np.float32), name))
    model.graph.node.append(helper.make_node("Add", ["column", "row"], ["square"]))


def unknown_size(model: onnx.ModelProto) -> None:
    """A slice whose end is computed from the image."""
    node = helper.make_node
    zero = numpy_helper.from_array(np.zeros(1, np.int64), "zero")
    model.graph.initializer.append(zero)
    model.graph.node.extend(
        [
            node("ReduceMean", ["features"], ["mean"], axes=[1, 2, 3], keepdims=0),
            node("Cast", ["mean"], ["end"], to=TensorProto.INT64),
            node("Slice", ["features", "zero", "end", "zero"], ["part"]),
        ]
    )


def disconnected(model: onnx.ModelProto) -> None:
    model.graph.node[3].input[0] = "nowhere"


def wrong_weights(model: onnx.ModelProto) -> None:
    """The first dense layer belongs to a network for larger images."""
    dense = next(node for node in model.graph.node if node.op_type == "Gemm")
    tensor = next(t for t in model.graph.initializer if t.name == dense.input[1])
    values = np.zeros((128, 11264), np.float32)
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def many_nodes(model: onnx.ModelProto) -> None:
    for number in range(policy_check.MAX_NODES):
        model.graph.node.append(helper.make_node("Relu", ["features"], [f"extra_{number}"]))


def function(model: onnx.ModelProto) -> None:
    model.functions.add(name="Conv", domain="")


def training(model: onnx.ModelProto) -> None:
    model.training_info.add()


def sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add()


def no_opset(model: onnx.ModelProto) -> None:
    del model.opset_import[:]


def opset(version: int, domain: str = "") -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        if domain:
            model.opset_import.add(domain=domain, version=version)
        else:
            model.opset_import[0].version = version

    return change


def described(key: str, value: str | None) -> Callable[[], bytes]:
    """The sample policy with another description, or without that part of it."""
    return lambda: edited(property_set(f"deepracer.{key}", value))


OTHER_ACTIONS = discrete_metadata((-30, 0, 30))

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty file": (lambda: b"", "is no ONNX model (it has no version)"),
    "garbage": (lambda: b"\x89PNG\r\n" + bytes(100), "is no ONNX model"),
    "cut off": (lambda: sample_policy()[:-100], "is no ONNX model"),
    "too large": (lambda: bytes(policy_check.MAX_BYTES + 1), "has 67108865 bytes, more than"),
    "external weights": (
        lambda: edited(external_data),
        "'convolutions.0.weight' is outside of the file",
    ),
    "external constant": (lambda: edited(external_constant), "'const' is outside of the file"),
    "loop": (lambda: edited(loop), "operator 'Loop' of node 'bomb' is not allowed"),
    "hidden graph": (lambda: edited(hidden_graph), "holds a graph or sparse tensor"),
    "unknown operator": (lambda: edited(operator("Resize")), "operator 'Resize' of node"),
    "foreign operator": (lambda: edited(operator("Conv", "com.evil")), "is not allowed"),
    "foreign domain": (lambda: edited(opset(1, "com.microsoft")), "operators of ['com.microsoft']"),
    "old opset": (lambda: edited(opset(7)), "uses opset 7; export it with 11 to 28"),
    "opset from the future": (lambda: edited(opset(99)), "uses opset 99"),
    "no opset": (lambda: edited(no_opset), "uses opset 0"),
    "function": (lambda: edited(function), "holds functions"),
    "training part": (lambda: edited(training), "holds functions, training or sparse parts"),
    "sparse weights": (lambda: edited(sparse), "holds functions, training or sparse parts"),
    "too many operators": (lambda: edited(many_nodes), "operators; use 1 to 256"),
    "NaN weight": (
        lambda: edited(weight(nan_weight)),
        "'convolutions.0.weight' holds NaN or infinity",
    ),
    "infinite weight": (
        lambda: edited(weight(infinite_weight)),
        "'convolutions.0.weight' holds NaN",
    ),
    "too few weights": (
        lambda: edited(short_weight),
        "the data of 'convolutions.0.weight' is malformed",
    ),
    "weights of terabytes": (
        lambda: edited(huge_dims),
        "the data of 'convolutions.0.weight' is malformed",
    ),
    "unknown type of weight": (
        lambda: edited(unknown_weight_type),
        "'convolutions.0.weight' is malformed",
    ),
    "weights of another size": (lambda: edited(wrong_weights), "policy.onnx is malformed"),
    "disconnected": (lambda: edited(disconnected), "policy.onnx is malformed"),
    "two inputs": (lambda: edited(second("input")), "inputs ['image', 'image']"),
    "other name of the input": (lambda: edited(renamed("input")), "needs exactly 'image'"),
    "other name of the output": (lambda: edited(renamed("output")), "exactly 'distribution'"),
    "float input": (
        lambda: edited(element_type("input", TensorProto.FLOAT)),
        "input image is FLOAT; it must be UINT8",
    ),
    "unknown type of input": (lambda: edited(element_type("input", 99)), "image is type 99"),
    "double output": (
        lambda: edited(element_type("output", TensorProto.DOUBLE)),
        "output distribution is DOUBLE; it must be FLOAT",
    ),
    "larger image": (
        lambda: edited(shape("input", 1, 1, 120, 160)),
        "input image has shape (1, 1, 120, 160), its metadata asks for (1, 1, 45, 80)",
    ),
    "colour image": (lambda: edited(shape("input", 1, 3, 45, 80)), "asks for (1, 1, 45, 80)"),
    "image without batch": (lambda: edited(shape("input", 1, 45, 80)), "has shape (1, 45, 80)"),
    "scalar output": (lambda: edited(shape("output")), "output distribution has shape ()"),
    "batch of eight": (lambda: edited(shape("input", 8, 1, 45, 80)), "has shape (8, 1, 45, 80)"),
    "other number of actions": (
        described("model_metadata", OTHER_ACTIONS),
        "output distribution has shape (1, 10), its metadata asks for (1, 6)",
    ),
    "discrete network, continuous metadata": (
        described("model_metadata", continuous_metadata()),
        "has shape (1, 10), its metadata asks for (1, 4)",
    ),
    "output that lies about its size": (
        lambda: edited(shape("output", 1, 6), described("model_metadata", OTHER_ACTIONS)()),
        "policy.onnx is malformed",
    ),
    "padding bomb": (lambda: edited(padding_bomb), "intermediate values, more than 16000000"),
    "broadcast bomb": (lambda: edited(broadcast_bomb), "computes 400"),
    "size computed from the image": (
        lambda: edited(unknown_size),
        "the size of 'part' is unknown; export fixed shapes",
    ),
    "no metadata": (
        lambda: edited(lambda model: model.ClearField("metadata_props")),
        "does not describe itself",
    ),
    "no preprocessing": (
        described("preprocessing", None),
        "its metadata lacks ['deepracer.preprocessing']",
    ),
    "format of the future": (
        described("format", "2"),
        "has format '2', this stack reads 1",
    ),
    "preprocessing is no JSON": (
        described("preprocessing", "{"),
        "describes itself wrongly",
    ),
    "preprocessing of endless depth": (
        described("preprocessing", "[" * 100_000),
        "describes itself wrongly",
    ),
    "preprocessing is a list": (
        described("preprocessing", "[1]"),
        "describes itself wrongly",
    ),
    "preprocessing is a number": (
        described("preprocessing", "5"),
        "preprocessing is no JSON object",
    ),
    "stereo network for one camera": (
        described(
            "model_metadata", discrete_metadata().replace("FRONT_FACING_CAMERA", "STEREO_CAMERAS")
        ),
        "preprocessing is for 1 cameras, the sensors ['STEREO_CAMERAS'] are 2",
    ),
    "LiDAR": (
        described("model_metadata", discrete_metadata().replace('CAMERA"', 'CAMERA", "LIDAR"')),
        "policies of this stack see cameras only",
    ),
    "image of megapixels": (
        described(
            "preprocessing",
            '{"width": 100000, "height": 60, "crop_top": 0, "colour": "gray",'
            ' "cameras": 1, "frames": 1}',
        ),
        "width is 100000",
    ),
    "metadata is no JSON": (
        described("model_metadata", "nonsense"),
        "describes itself wrongly",
    ),
    "metadata without actions": (
        described("model_metadata", "{}"),
        "describes itself wrongly",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_policies_are_refused(name):
    make, message = HOSTILE[name]
    with pytest.raises(PolicyError) as caught:
        check_policy(make())
    assert message in str(caught.value)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("metadata", [discrete_metadata(), continuous_metadata()])
@pytest.mark.parametrize(
    "preprocessing",
    [Preprocessing(), Preprocessing(80, 60, 15), Preprocessing(colour="rgb", frames=2)],
)
def test_untrained_policies_pass_and_describe_themselves(architecture, metadata, preprocessing):
    spec = make_spec(metadata, preprocessing)
    assert check_policy(untrained_policy(spec, architecture)) == spec
    assert PolicySpec.from_metadata(spec.to_metadata()) == spec


def test_a_name_that_is_not_utf8_is_refused():
    """The node's reference to its weights only, so that onnx has to complain about it by name."""
    data = sample_policy()
    assert data.count(b"convolutions.0.weight") == 2
    with pytest.raises(PolicyError, match=r"is not UTF-8|is malformed"):
        check_policy(data.replace(b"0.weight", b"0.weig\xff\xff", 1))


def test_symbolic_batch_is_allowed():
    def change(model: onnx.ModelProto) -> None:
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "batch"

    assert check_policy(edited(change)).model == "sample"


def test_no_attribute_type_can_hide_a_graph():
    """The check names each kind of attribute that nests something executable or sparse."""
    nesting = {"GRAPH", "GRAPHS", "SPARSE_TENSOR", "SPARSE_TENSORS"}
    plain = {"UNDEFINED", "FLOAT", "FLOATS", "INT", "INTS", "STRING", "STRINGS", "TENSOR"}
    types = {"TENSORS", "TYPE_PROTO", "TYPE_PROTOS"}
    assert set(AttributeProto.AttributeType.keys()) == nesting | plain | types


@given(position=st.integers(0, len(sample_policy()) - 1), value=st.integers(0, 255))
def test_any_changed_byte_is_refused_or_harmless(position, value):
    data = bytearray(sample_policy())
    data[position] = value
    try:
        spec = check_policy(bytes(data))
    except PolicyError:
        return
    assert spec.outputs == 10
