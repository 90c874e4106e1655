"""Frozen graphs become policies that compute the same, by the judgement of OpenVINO's reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import openvino
import pytest
from aws_graphs import ONLINE, PPO, AwsGraph, ppo_continuous, ppo_discrete, sac
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import FrozenGraphError, PolicyError
from deepracer_core.frozen_graph import messages
from deepracer_core.frozen_graph.from_onnx import to_frozen_graph
from deepracer_core.frozen_graph.graph import MAX_BYTES, MAX_NODES, read_graph
from deepracer_core.frozen_graph.to_onnx import UNKNOWN_STD, to_policy
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import Architecture, Convolution, untrained_policy
from deepracer_core.policy import Policy
from deepracer_core.policy_check import check_policy
from policy_samples import SMALL, continuous_metadata, discrete_metadata, make_spec
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.types_pb2 import DT_FLOAT

DISCRETE = ModelMetadata.from_json(discrete_metadata())
CONTINUOUS = ModelMetadata.from_json(continuous_metadata())
CLASSIC = Preprocessing()
TOLERANCE = 2e-5
PICTURES = np.random.default_rng(1).integers(0, 256, (3, 120, 160), np.uint8)


def judge(graph: bytes, pictures: np.ndarray, tmp_path: Path) -> np.ndarray:
    """What OpenVINO computes from a frozen graph: pictures (N, rows, columns[, channels])."""
    path = tmp_path / "model.pb"
    path.write_bytes(graph)
    core = openvino.Core()
    model = core.read_model(path)
    images = pictures.reshape(*pictures.shape[:3], -1).astype(np.float32)
    model.reshape([1, *images.shape[1:]])
    # Processors with bfloat16 would else round what is compared.
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.concatenate([compiled([image[None]])[0] for image in images])


def decided(policy: bytes, pictures: np.ndarray) -> np.ndarray:
    """The distributions that a policy.onnx puts out for gray pictures (N, rows, columns)."""
    driver = Policy.load(policy)
    return np.stack([driver.decide(image, encoding="mono8").distribution for image in pictures])


@cache
def small() -> bytes:
    return ppo_discrete(architecture="slim").bytes()


def edited(change: Callable[[GraphDef], object]) -> bytes:
    graph = GraphDef.FromString(small())
    change(graph)
    return graph.SerializeToString()


def find(graph: GraphDef, name: str):
    return next(node for node in graph.node if node.name == name)


@pytest.mark.parametrize("architecture", ["classic", "deep"])
def test_discrete_networks_give_the_same_probabilities(architecture, tmp_path):
    graph = ppo_discrete(architecture=architecture).bytes()
    policy = to_policy(graph, DISCRETE, "imported")
    spec = check_policy(policy)
    assert (spec.model, spec.preprocessing, spec.metadata) == ("imported", CLASSIC, DISCRETE)
    expected = judge(graph, PICTURES, tmp_path)
    assert expected.std() > 0.01  # the network does tell actions apart
    np.testing.assert_allclose(decided(policy, PICTURES), expected, atol=TOLERANCE)


@pytest.mark.parametrize("architecture", ["classic", "deep"])
def test_continuous_networks_give_the_same_means(architecture, tmp_path):
    graph = ppo_continuous(architecture).bytes()
    found = decided(to_policy(graph, CONTINUOUS, "imported"), PICTURES)
    np.testing.assert_allclose(found[:, :2], judge(graph, PICTURES, tmp_path), atol=TOLERANCE)
    assert (found[:, 2:] == UNKNOWN_STD).all()


def test_standard_deviations_are_taken_where_the_graph_has_them():
    policy = to_policy(ppo_continuous(with_std=True).bytes(), CONTINUOUS, "imported")
    found = decided(policy, PICTURES[:1])[0, 2:]
    np.testing.assert_allclose(found, np.exp([-0.5, 0.25]), rtol=1e-6)


def test_means_of_sac_are_squashed_as_in_its_training(tmp_path):
    graph = sac().bytes()
    means = decided(to_policy(graph, CONTINUOUS, "imported"), PICTURES)[:, :2]
    np.testing.assert_allclose(means, np.tanh(judge(graph, PICTURES, tmp_path)), atol=TOLERANCE)


def test_a_stereo_pair_is_two_channels(tmp_path):
    metadata = ModelMetadata.from_json(
        discrete_metadata().replace("FRONT_FACING_CAMERA", "STEREO_CAMERAS")
    )
    graph = ppo_discrete(sensor="STEREO_CAMERAS", channels=2).bytes()
    policy = to_policy(graph, metadata, "imported")
    assert check_policy(policy).preprocessing == Preprocessing(cameras=2)
    pair = np.random.default_rng(2).integers(0, 256, (1, 120, 160, 2), np.uint8)
    left, right = np.moveaxis(np.ascontiguousarray(np.moveaxis(pair[0], 2, 0)), 0, 0)
    found = Policy.load(policy).decide(left, right, encoding="mono8").distribution
    np.testing.assert_allclose(found, judge(graph, pair, tmp_path)[0], atol=TOLERANCE)


def test_stacked_pictures_are_channels_oldest_first(tmp_path):
    graph = ppo_discrete(channels=3).bytes()
    found = decided(to_policy(graph, DISCRETE, "imported"), PICTURES)[-1]
    stacked = np.moveaxis(PICTURES, 0, -1)[None]
    np.testing.assert_allclose(found, judge(graph, stacked, tmp_path)[0], atol=TOLERANCE)


def test_padding_same_is_as_in_tensorflow(tmp_path):
    layers = Architecture((Convolution(4, 5, 2), Convolution(4, 4, 3)), ())
    made = AwsGraph()
    camera = made.camera(f"{ONLINE}/network_0/observation/observation")
    width = made.embedder("net", camera, layers, padding=b"SAME")
    made.dense("fc", made.last, width, 10)
    made.node(PPO, "Softmax", made.last)
    found = decided(to_policy(made.bytes(), DISCRETE, "imported"), PICTURES)
    np.testing.assert_allclose(found, judge(made.bytes(), PICTURES, tmp_path), atol=TOLERANCE)


def test_what_training_left_behind_beside_the_policy_does_not_matter():
    def leave(graph: GraphDef) -> None:
        graph.node.add(name="gradients/Adam", op="ApplyAdam", input=["nowhere"])

    assert to_policy(edited(leave), DISCRETE, "m") == to_policy(small(), DISCRETE, "m")


def test_our_messages_read_what_those_of_tensorflow_write():
    ours, theirs = messages.Graph.FromString(small()), GraphDef.FromString(small())
    assert [(node.name, node.op) for node in ours.node] == [
        (node.name, node.op) for node in theirs.node
    ]
    theirs = GraphDef.FromString(to_frozen_graph(own_policy(CLASSIC)))
    assert theirs.versions.producer == messages.PRODUCER
    camera = theirs.node[0]
    assert camera.name == f"{ONLINE}/network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA"
    assert camera.attr["dtype"].type == DT_FLOAT
    assert [dim.size for dim in camera.attr["shape"].shape.dim] == [-1, 120, 160, 1]
    product = next(node for node in theirs.node if node.op == "MatMul")
    assert product.attr["transpose_b"].WhichOneof("value") == "b"
    assert theirs.node[-1].name == PPO


def rename_operation(kind: str) -> Callable[[GraphDef], None]:
    def change(graph: GraphDef) -> None:
        find(graph, f"{ONLINE}/network_1/FRONT_FACING_CAMERA/0_activation").op = kind

    return change


def grow(graph: GraphDef) -> None:
    """A constant of a number and a shape of terabytes."""
    tensor = find(graph, f"{ONLINE}/network_1/FRONT_FACING_CAMERA/truediv/y").attr["value"].tensor
    for _ in range(3):
        tensor.tensor_shape.dim.add(size=10_000)


def tile(graph: GraphDef) -> None:
    """A constant that would become terabytes."""
    scope = f"{ONLINE}/network_1/FRONT_FACING_CAMERA"
    node = find(graph, f"{scope}/sub/y")
    node.op = "Tile"
    times = AwsGraph()
    times.const("many", [2_000_000_000], np.int32)
    times.const("one", [0.5])
    graph.node.extend(times.graph.node)
    node.ClearField("attr")
    node.input.extend(["one", "many"])


def second_camera(graph: GraphDef) -> None:
    lidar = find(graph, f"{ONLINE}/network_1/FRONT_FACING_CAMERA/sub/y")
    lidar.op = "Placeholder"


def circle(graph: GraphDef) -> None:
    find(graph, f"{ONLINE}/network_1/FRONT_FACING_CAMERA/truediv").input[0] = PPO


REFUSED: dict[str, tuple[Callable[[GraphDef], object], str]] = {
    "unknown operation": (
        rename_operation("PyFunc"),
        "PyFunc 'main_level/.*0_activation': this operation is not supported; known are Add,",
    ),
    "file access": (rename_operation("ReadFile"), "ReadFile .* is not supported"),
    "circle": (circle, "goes in a circle"),
    "missing input": (
        lambda graph: graph.node.remove(
            find(graph, f"{ONLINE}/network_1/ppo_head_0/policy_fc/bias")
        ),
        "lacks the operation '.*policy_fc/bias'",
    ),
    "two of a name": (lambda graph: graph.node.append(graph.node[0]), "two operations of the name"),
    "second output": (
        lambda graph: find(graph, PPO).input.__setitem__(0, "split:1"),
        "takes 'split:1'; only first outputs",
    ),
    "no output": (
        lambda graph: (
            setattr(find(graph, PPO), "name", "elsewhere") or graph.node.add(name="x", op="NoOp")
        ),
        "2 outputs that may be the policy",
    ),
    "two cameras": (second_camera, "the policy has the inputs .* train a model without LiDAR"),
    "huge constant": (grow, "has the shape .*10000"),
    "huge tile": (tile, "makes 2000000000 values of constants"),
    "data that do not fit": (
        lambda graph: setattr(
            find(graph, f"{ONLINE}/network_1/ppo_head_0/policy_fc/bias").attr["value"].tensor,
            "tensor_content",
            b"1234",
        ),
        "its data do not have the shape",
    ),
    "channels first": (
        lambda graph: setattr(
            find(graph, f"{ONLINE}/network_1/FRONT_FACING_CAMERA/Conv2d_0/Conv2D").attr[
                "data_format"
            ],
            "s",
            b"NCHW",
        ),
        "with channels first",
    ),
    "picture too large": (
        lambda graph: setattr(
            find(graph, f"{ONLINE}/network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA")
            .attr["shape"]
            .shape.dim[1],
            "size",
            100_000,
        ),
        "height is 100000",
    ),
    "a missing attribute": (
        lambda graph: find(
            graph, f"{ONLINE}/network_1/FRONT_FACING_CAMERA/Conv2d_0/Conv2D"
        ).attr.pop("strides"),
        "lacks its attribute 'strides'",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses(change, message):
    with pytest.raises(FrozenGraphError, match=message):
        to_policy(edited(change), DISCRETE, "imported")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"not a graph", "no frozen TensorFlow graph"),
        (b"", "has 0 operations"),
        (bytes(MAX_BYTES + 1), f"more than {MAX_BYTES}"),
        (b"\n\x02\n\x00" * (MAX_NODES + 1), f"has {MAX_NODES + 1} operations"),
    ],
)
def test_refuses_what_is_no_graph(data, message):
    with pytest.raises(FrozenGraphError, match=message):
        read_graph(data)


def test_refuses_metadata_of_another_action_space():
    with pytest.raises(FrozenGraphError, match=r"puts out \(1, 10\), .* asks for \(1, 2\)"):
        to_policy(small(), CONTINUOUS, "imported")


def own_policy(preprocessing: Preprocessing, metadata: str = "", architecture="classic") -> bytes:
    spec = make_spec(metadata or discrete_metadata(), preprocessing)
    return untrained_policy(spec, architecture, seed=3)


@pytest.mark.parametrize("architecture", ["classic", "deep"])
def test_what_is_exported_computes_the_same(architecture, tmp_path):
    policy = own_policy(CLASSIC, architecture=architecture)
    graph = to_frozen_graph(policy)
    np.testing.assert_allclose(
        judge(graph, PICTURES, tmp_path), decided(policy, PICTURES), atol=TOLERANCE
    )
    again = to_policy(graph, DISCRETE, "sample")
    np.testing.assert_allclose(decided(again, PICTURES), decided(policy, PICTURES), atol=TOLERANCE)


def test_a_smaller_picture_is_made_inside_of_the_graph(tmp_path):
    policy = own_policy(SMALL, continuous_metadata(), "slim")
    even = PICTURES.reshape(3, 60, 2, 80, 2) // 4 * 4  # whole gray levels in each mean
    even[:, :, 1:] = even[:, :, :1]
    even[..., 1:] = even[..., :1]
    pictures = even.reshape(3, 120, 160)
    found = judge(to_frozen_graph(policy), pictures, tmp_path)
    np.testing.assert_allclose(found, decided(policy, pictures)[:, :2], atol=TOLERANCE)
    rounded = judge(to_frozen_graph(policy), PICTURES, tmp_path)
    np.testing.assert_allclose(rounded, decided(policy, PICTURES)[:, :2], atol=0.01)
    again = to_policy(to_frozen_graph(policy), CONTINUOUS, "sample")
    np.testing.assert_allclose(decided(again, PICTURES)[:, :2], rounded, atol=TOLERANCE)


def test_means_of_our_sac_are_exported_squashed(tmp_path):
    metadata = continuous_metadata().replace("clipped_ppo", "sac")
    policy = own_policy(CLASSIC, metadata, "slim")
    graph = to_frozen_graph(policy)
    found, expected = judge(graph, PICTURES, tmp_path), decided(policy, PICTURES)[:, :2]
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    names = [node.name for node in GraphDef.FromString(graph).node]
    scope = "main_level/agent/policy/online"
    assert names[0] == f"{scope}/network_0/FRONT_FACING_CAMERA/FRONT_FACING_CAMERA"
    assert names[-1] == f"{scope}/network_1/ppo_head_0/policy"
    again = to_policy(graph, ModelMetadata.from_json(metadata), "sample")
    np.testing.assert_allclose(decided(again, PICTURES)[:, :2], expected, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("preprocessing", "message"),
    [
        (Preprocessing(width=100, height=75), "sees 100x75 pixels, the AWS car feeds 160x120"),
        (Preprocessing(colour="rgb"), "in rgb, the AWS car feeds one in gray"),
        (Preprocessing(frames=2), r"sees 2 picture\(s\)"),
    ],
)
def test_does_not_export_what_the_aws_car_cannot_show(preprocessing, message):
    with pytest.raises(FrozenGraphError, match=message):
        to_frozen_graph(own_policy(preprocessing))


def test_does_not_export_a_network_that_is_not_ours():
    imported = to_policy(small(), DISCRETE, "imported")
    with pytest.raises(FrozenGraphError, match="take its own archive there"):
        to_frozen_graph(imported)
    with pytest.raises(PolicyError):
        to_frozen_graph(b"nothing")
