"""From a policy.onnx of this stack to a frozen graph for the software of the AWS car.

That software (stock car, custom-car) resizes the camera image to 160x120, makes it gray and feeds
values of 0 to 255 to `main_level/agent/main/online/network_0/<sensor>/<sensor>`, (batch, 120, 160,
channels). It takes the probabilities of the actions, or the means of steering and speed, from
`main_level/agent/main/online/network_1/ppo_head_0/policy`; for SAC `agent/main` is `agent/policy`,
and means are clipped, so that ours leave the graph squashed. What our networks want besides becomes
part of the graph: a smaller picture is the mean over blocks of pixels, which is what
`camera.CameraPreprocessor` computes too (up to its rounding to whole gray levels), then rows are
cut off at the top. Standard deviations stay behind: the car drives by the means.
"""

from __future__ import annotations

import re
from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from deepracer_core.errors import FrozenGraphError
from deepracer_core.frozen_graph.to_onnx import PPO_OUTPUT
from deepracer_core.frozen_graph.writer import GraphWriter
from deepracer_core.networks import ACTION_COMPONENTS
from deepracer_core.policy_check import check_policy
from deepracer_core.policy_spec import PolicySpec

WIDTH, HEIGHT = 160, 120
"""What the car's software feeds [px] (stock car)."""

# training_algorithm -> name of the network that decides (stock car)
_NETWORKS = {"clipped_ppo": "main", "sac": "policy"}

# What `deepracer_core.networks` builds.
_SQUASHED = "Split Tanh Mul Sub Clip Exp Mul Max Concat"
_OWN_NETWORK = rf"Cast Mul (Conv Relu )+Flatten (Gemm Relu )*Gemm (Softmax|Exp Concat|{_SQUASHED})"


def to_frozen_graph(data: bytes) -> bytes:
    """Return the model.pb of a policy.onnx that this stack has trained.

    Raises:
        PolicyError: the policy.onnx breaks a rule.
        FrozenGraphError: the car's software cannot give the network what it wants to see, or the
            network is none of `deepracer_core.networks`.
    """
    spec = check_policy(data)
    network = onnx.load_model_from_string(data).graph
    operators = " ".join(node.op_type for node in network.node)
    if not re.fullmatch(_OWN_NETWORK, operators):
        raise FrozenGraphError(
            "only networks that this stack has trained can be exported to the AWS car; "
            "of an imported model, take its own archive there"
        )
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in network.initializer}
    writer = GraphWriter()
    features, picture = _features(writer, spec, network, weights)
    layers = [node for node in network.node if node.op_type == "Gemm"]
    first = weights[layers[0].input[1]]
    turned = first.reshape(-1, *picture).transpose(0, 2, 3, 1)
    weights[layers[0].input[1]] = turned.reshape(first.shape)
    scope = _scope(spec)
    for number, node in enumerate(layers[:-1]):
        name = f"{scope}/middleware_fc_embedder/Dense_{number}"
        features = writer.operation(
            "Relu", f"{name}/Relu", _dense(writer, name, features, node, weights)
        )
    kind = "Softmax" if operators.endswith("Softmax") else "Identity"
    if operators.endswith(_SQUASHED):
        kind = "Tanh"
        for name in layers[-1].input[1:]:  # the means come first, then the deviations
            weights[name] = weights[name][:ACTION_COMPONENTS]
    head = _dense(writer, f"{scope}/ppo_head_0/policy_fc", features, layers[-1], weights)
    writer.operation(kind, f"{scope}/{PPO_OUTPUT}", head)
    return writer.serialised()


def _scope(spec: PolicySpec, network: int = 1) -> str:
    """Beginning of the names in a network; the one with the input is 0."""
    name = _NETWORKS[spec.metadata.training_algorithm]
    return f"main_level/agent/{name}/online/network_{network}"


def _camera(writer: GraphWriter, spec: PolicySpec) -> str:
    """From the picture of the car to the one that the network sees."""
    seen, sensor = spec.preprocessing, spec.metadata.sensors[0]
    scale = WIDTH // seen.width
    if (seen.width * scale, seen.height * scale) != (WIDTH, HEIGHT):
        raise FrozenGraphError(
            f"the network sees {seen.width}x{seen.height} pixels, the AWS car feeds "
            f"{WIDTH}x{HEIGHT}: train with this size, or with a half or a quarter of it"
        )
    if seen.colour != "gray" or seen.frames != 1:
        raise FrozenGraphError(
            f"the network sees {seen.frames} picture(s) in {seen.colour}, the AWS car feeds one in "
            "gray: train with colour gray and a stack of one"
        )
    shape, scope = [-1, HEIGHT, WIDTH, seen.cameras], _scope(spec)
    image = writer.placeholder(f"{_scope(spec, 0)}/{sensor}/{sensor}", shape)
    if scale > 1:
        image = writer.mean_pool(f"{scope}/{sensor}/resized", image, scale)
    if seen.crop_top:
        image = writer.without_rows(f"{scope}/{sensor}/cropped", image, seen.crop_top)
    return image


def _features(
    writer: GraphWriter,
    spec: PolicySpec,
    network: onnx.GraphProto,
    weights: dict[str, NDArray[Any]],
) -> tuple[str, tuple[int, int, int]]:
    """The convolutions, and what they make of the picture as a row, channels last.

    Returns:
        Name of the row; its channels, rows and columns.
    """
    name = f"{_scope(spec)}/{spec.metadata.sensors[0]}"
    image = _camera(writer, spec)
    scale = writer.constant(f"{name}/scale", weights[network.node[1].input[1]])
    image = writer.operation("Mul", f"{name}/scaled", image, scale)
    channels, rows, columns = spec.preprocessing.input_shape[1:]
    for number, node in enumerate(node for node in network.node if node.op_type == "Conv"):
        kernel, bias = (weights[key] for key in node.input[1:])
        down, right = next(entry.ints for entry in node.attribute if entry.name == "strides")
        layer = f"{name}/Conv2d_{number}"
        stored = writer.constant(f"{layer}/kernel", kernel.transpose(2, 3, 1, 0))
        image = writer.convolution(f"{layer}/Conv2D", image, stored, (down, right))
        image = writer.operation("Relu", f"{layer}/Relu", _biased(writer, layer, image, bias))
        channels, _, height, width = kernel.shape
        rows, columns = (rows - height) // down + 1, (columns - width) // right + 1
    row = writer.reshape(f"{name}/Flatten/Reshape", image, [-1, channels * rows * columns])
    return row, (channels, rows, columns)


def _dense(
    writer: GraphWriter,
    name: str,
    features: str,
    node: onnx.NodeProto,
    weights: dict[str, NDArray[Any]],
) -> str:
    kernel, bias = (weights[key] for key in node.input[1:])
    stored = writer.constant(f"{name}/kernel", kernel.T)
    return _biased(writer, name, writer.matrix_product(f"{name}/MatMul", features, stored), bias)


def _biased(writer: GraphWriter, name: str, values: str, bias: NDArray[Any]) -> str:
    stored = writer.constant(f"{name}/bias", bias)
    return writer.operation("BiasAdd", f"{name}/BiasAdd", values, stored)
