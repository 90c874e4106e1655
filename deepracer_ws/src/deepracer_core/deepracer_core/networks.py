"""The networks that policies are made of, by name, and how each becomes a policy.onnx.

`build_policy` is what training exports with: it needs the weights and no deep-learning library.
An untrained policy drives as well as a random one; it is what tests, benchmarks and a dry run of
the graph use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.errors import ConfigError
from deepracer_core.policy_spec import INPUT, OUTPUT, PolicySpec

# Opset 17 with IR 8 is read by each onnxruntime since 1.12 (2022).
OPSET = 17
IR_VERSION = 8

ACTION_COMPONENTS = 2
"""Of a continuous action: steering and speed."""


@dataclass(frozen=True)
class Convolution:
    """One layer: ReLU after a convolution without padding.

    Attributes:
        filters: Number of output channels.
        kernel: Side of the square kernel [px].
        stride: Step [px].
    """

    filters: int
    kernel: int
    stride: int


@dataclass(frozen=True)
class Architecture:
    """Convolutions, then dense layers with ReLU, then the head.

    Attributes:
        convolutions: From the image on.
        dense: Width of each dense layer.
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[int, ...]


# slim: 16-32-32 and 128, the fast default, made for 80x45; classic and deep: the 3-layer
# ("shallow") and the 5-layer network of AWS (simapp), made for 160x120.
ARCHITECTURES = {
    "slim": Architecture(
        (Convolution(16, 8, 4), Convolution(32, 4, 2), Convolution(32, 3, 1)), (128,)
    ),
    "classic": Architecture(
        (Convolution(32, 8, 4), Convolution(64, 4, 2), Convolution(64, 3, 1)), (512,)
    ),
    "deep": Architecture(
        (
            Convolution(32, 5, 2),
            Convolution(32, 3, 1),
            Convolution(64, 3, 2),
            Convolution(64, 3, 1),
        ),
        (64, 512),
    ),
}

LOG_STD = "log_std"
"""Name of the logarithms of the standard deviations (2,) among the weights of a policy."""

LOG_STD_RANGE = (-5.0, 2.0)
"""Of those that a policy of SAC computes from the image (CleanRL; simapp: from -20)."""
SMALLEST_STD = 1e-3
"""Of an action of SAC, in the normalised range, at the ends of which tanh is flat."""

Shape: TypeAlias = tuple[int, ...]
Weights: TypeAlias = Mapping[str, NDArray[np.float32]]


def find_architecture(name: str) -> Architecture:
    """The architecture of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(f"network {name!r} is unknown; use one of {list(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def layer_shapes(architecture: Architecture, channels: int, rows: int, columns: int) -> list[Shape]:
    """Shapes of the weights of all layers before the head, outputs first.

    Args:
        architecture: the layers.
        channels: of the image.
        rows: of the image [px].
        columns: of the image [px].

    Raises:
        ConfigError: the image is too small for it.
    """
    shapes: list[Shape] = []
    size = np.array([rows, columns])
    for layer in architecture.convolutions:
        shapes.append((layer.filters, channels, layer.kernel, layer.kernel))
        channels = layer.filters
        size = (size - layer.kernel) // layer.stride + 1
        if size.min() < 1:
            raise ConfigError(f"images of {rows}x{columns} are too small for this network")
    width = channels * int(size.prod())
    for outputs in architecture.dense:
        shapes.append((outputs, width))
        width = outputs
    return shapes


def is_squashed(spec: PolicySpec) -> bool:
    """Whether the actions of a policy are squashed into their range by tanh, as SAC does."""
    return spec.metadata.training_algorithm == "sac"


def weight_shapes(spec: PolicySpec, architecture: str) -> dict[str, Shape]:
    """Names and shapes of the weights of a policy, in the order of its layers.

    `convolutions.0.weight`, `convolutions.0.bias`, ..., `dense.0.weight`, ..., `head.weight`,
    `head.bias`, and for a continuous action space `log_std`, unless it was trained by SAC: then the
    head computes that from the image, too.

    Raises:
        ConfigError: the architecture is unknown, or the image is too small for it.
    """
    layers = find_architecture(architecture)
    kernels = layer_shapes(layers, *spec.preprocessing.input_shape[1:])
    convolutions = len(layers.convolutions)
    shapes: dict[str, Shape] = {}
    is_discrete = isinstance(spec.metadata.action_space, DiscreteActionSpace)
    has_log_std = not (is_discrete or is_squashed(spec))
    kernels.append((ACTION_COMPONENTS if has_log_std else spec.outputs, kernels[-1][0]))
    names = [f"convolutions.{i}" for i in range(convolutions)]
    names += [f"dense.{i}" for i in range(len(layers.dense))]
    for name, kernel in zip([*names, "head"], kernels):
        shapes[f"{name}.weight"] = kernel
        shapes[f"{name}.bias"] = kernel[:1]
    if has_log_std:
        shapes[LOG_STD] = (ACTION_COMPONENTS,)
    return shapes


def build_policy(spec: PolicySpec, architecture: str, weights: Weights) -> bytes:
    """Return a policy.onnx with these weights; the same weights give the same bytes.

    Args:
        spec: What it sees and which actions it has.
        architecture: Key of `ARCHITECTURES`.
        weights: As `weight_shapes` names them.

    Raises:
        ConfigError: the architecture is unknown, the image is too small for it, or the weights are
            others than it has.
    """
    expected = weight_shapes(spec, architecture)
    given = {name: values.shape for name, values in weights.items()}
    if given != expected:
        wrong = dict(set(given.items()) ^ set(expected.items()))
        raise ConfigError(f"the weights {sorted(wrong)} do not fit a {architecture} network here")
    layers = ARCHITECTURES[architecture]
    builder = _Builder(weights)
    builder.trunk(layers)
    if is_squashed(spec):
        builder.squashed_head()
    elif LOG_STD in weights:
        builder.continuous_head()
    else:
        builder.discrete_head()
    data: bytes = builder.model(spec).SerializeToString(deterministic=True)
    return data


def untrained_policy(spec: PolicySpec, architecture: str = "slim", seed: int = 0) -> bytes:
    """Return a policy.onnx with random weights (He normal), biases and log_std of 0.

    Args:
        spec: What it sees and which actions it has.
        architecture: Key of `ARCHITECTURES`.
        seed: Seed of the weights: the same seed gives the same bytes.

    Raises:
        ConfigError: the architecture is unknown, or the image is too small for it.
    """
    random = np.random.default_rng(seed)
    shapes = weight_shapes(spec, architecture)
    return build_policy(spec, architecture, dict(_he_normal(shapes, random)))


def policy_model(
    spec: PolicySpec, nodes: Sequence[onnx.NodeProto], initializers: Sequence[TensorProto]
) -> onnx.ModelProto:
    """The model of a graph from `INPUT` to `OUTPUT`, with its metadata."""
    image = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, spec.preprocessing.input_shape)
    output = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, (1, spec.outputs))
    graph = helper.make_graph(nodes, "policy", [image], [output], initializers)
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    helper.set_model_props(model, spec.to_metadata())
    return model


def _he_normal(
    shapes: Mapping[str, Shape], random: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for name, shape in shapes.items():
        scale = np.sqrt(2 / np.prod(shape[1:])) if name.endswith("weight") else 0.0
        yield name, random.normal(0, scale, shape).astype(np.float32)


class _Builder:
    """Collects nodes and weights; each step names its output after the last one's."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[TensorProto] = []

    def trunk(self, architecture: Architecture) -> None:
        """From the image to the last dense layer."""
        self._node("Cast", [INPUT], "pixels", to=TensorProto.FLOAT)
        self._node("Mul", ["pixels", self._constant("scale", np.float32(1 / 255))], "features")
        for number, layer in enumerate(architecture.convolutions):
            self._layer("Conv", f"convolutions.{number}", strides=[layer.stride, layer.stride])
            self._chain("Relu")
        self._chain("Flatten")
        for number in range(len(architecture.dense)):
            self._layer("Gemm", f"dense.{number}", transB=1)
            self._chain("Relu")

    def discrete_head(self) -> None:
        """Softmax over the actions."""
        self._layer("Gemm", "head", transB=1)
        self._node("Softmax", [self._last], OUTPUT, axis=1)

    def continuous_head(self) -> None:
        """Means from the features; standard deviations do not depend on them (simapp)."""
        self._layer("Gemm", "head", transB=1)
        mean = self._last
        log_std = self._constant(LOG_STD, self._weights[LOG_STD].reshape(1, -1))
        self._node("Exp", [log_std], "std")
        self._node("Concat", [mean, "std"], OUTPUT, axis=1)

    def squashed_head(self) -> None:
        """Tanh of the means, and the deviations that a small one becomes by the slope of tanh."""
        self._layer("Gemm", "head", transB=1)
        halves = ["raw_mean", "raw_log_std"]
        self._nodes.append(helper.make_node("Split", [self._last], halves, name="halves", axis=1))
        self._node("Tanh", ["raw_mean"], "mean")
        self._node("Mul", ["mean", "mean"], "square")
        self._node("Sub", [self._constant("one", np.float32(1.0)), "square"], "slope")
        bounds = zip(("least_log_std", "most_log_std"), LOG_STD_RANGE)
        limits = [self._constant(name, np.float32(value)) for name, value in bounds]
        self._node("Clip", ["raw_log_std", *limits], "log_std")
        self._node("Exp", ["log_std"], "raw_std")
        self._node("Mul", ["raw_std", "slope"], "squashed_std")
        smallest = self._constant("smallest_std", np.float32(SMALLEST_STD))
        self._node("Max", ["squashed_std", smallest], "std")
        self._node("Concat", ["mean", "std"], OUTPUT, axis=1)

    def model(self, spec: PolicySpec) -> onnx.ModelProto:
        """The finished model with its metadata."""
        return policy_model(spec, self._nodes, self._initializers)

    @property
    def _last(self) -> str:
        name: str = self._nodes[-1].output[0]
        return name

    def _layer(self, operator: str, name: str, **attributes: Any) -> None:
        """A layer with the weights of this name and its bias."""
        kernel, bias = f"{name}.weight", f"{name}.bias"
        weights = [self._constant(key, self._weights[key]) for key in (kernel, bias)]
        self._chain(operator, *weights, **attributes)

    def _chain(self, operator: str, *weights: str, **attributes: Any) -> None:
        output = f"{operator.lower()}_{len(self._nodes)}"
        self._node(operator, [self._last, *weights], output, **attributes)

    def _node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        node = helper.make_node(operator, inputs, [output], name=output, **attributes)
        self._nodes.append(node)

    def _constant(self, name: str, values: NDArray[np.float32] | np.float32) -> str:
        self._initializers.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name
