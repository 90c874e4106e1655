"""Frozen graphs with random weights, named and built as rl_coach and simapp name and build theirs.

They are made with TensorBoard's copies of TensorFlow's messages, which know nothing of ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from deepracer_core.networks import ARCHITECTURES, Architecture
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_INT32

ONLINE = "main_level/agent/main/online"
PPO = f"{ONLINE}/network_1/ppo_head_0/policy"
SAC_NETWORK = "main_level/agent/policy/online/network_0"


class AwsGraph:
    """Builds a graph; `last` is the name of the operation that was added last."""

    def __init__(self, seed: int = 0) -> None:
        self.graph = GraphDef()
        self.graph.versions.producer = 27
        self.random = np.random.default_rng(seed)
        self.last = ""

    def node(self, name: str, kind: str, *inputs: str, dtype: int | None = DT_FLOAT) -> NodeDef:
        added = self.graph.node.add(name=name, op=kind, input=inputs)
        if dtype is not None:
            added.attr["T"].type = dtype
        self.last = name
        return added

    def const(self, name: str, values: object, dtype: type = np.float32) -> str:
        array = np.asarray(values, dtype)
        added = self.graph.node.add(name=name, op="Const")
        kind = DT_FLOAT if dtype is np.float32 else DT_INT32
        added.attr["dtype"].type = kind
        tensor = added.attr["value"].tensor
        tensor.dtype = kind
        tensor.tensor_shape.SetInParent()
        for size in array.shape:
            tensor.tensor_shape.dim.add(size=size)
        if array.ndim == 0:  # as TensorFlow writes numbers
            (tensor.float_val if dtype is np.float32 else tensor.int_val).append(array.item())
        else:
            tensor.tensor_content = array.tobytes()
        return name

    def variable(self, name: str, shape: Sequence[int], scale: float) -> str:
        """Weights as freezing leaves them: a constant that is read through an Identity."""
        self.const(name, self.random.normal(0, scale, shape))
        self.node(f"{name}/read", "Identity", name)
        return f"{name}/read"

    def camera(self, name: str, rows: int = 120, columns: int = 160, channels: int = 1) -> str:
        added = self.node(name, "Placeholder", dtype=None)
        added.attr["dtype"].type = DT_FLOAT
        shape = TensorShapeProto()
        for size in (-1, rows, columns, channels):
            shape.dim.add(size=size)
        added.attr["shape"].shape.CopyFrom(shape)
        return name

    def embedder(
        self,
        scope: str,
        camera: str,
        layers: Architecture,
        size: tuple[int, int, int] = (120, 160, 1),
        padding: bytes = b"VALID",
    ) -> int:
        """Scaling, convolutions, flatten; returns the number of features."""
        rows, columns, channels = size
        self.node(f"{scope}/truediv", "RealDiv", camera, self.const(f"{scope}/truediv/y", 255.0))
        self.node(f"{scope}/sub", "Sub", self.last, self.const(f"{scope}/sub/y", 0.0))
        for number, layer in enumerate(layers.convolutions):
            name, image = f"{scope}/Conv2d_{number}", self.last
            shape = (layer.kernel, layer.kernel, channels, layer.filters)
            kernel = self.variable(f"{name}/kernel", shape, np.sqrt(2 / np.prod(shape[:3])))
            conv = self.node(f"{name}/Conv2D", "Conv2D", image, kernel)
            conv.attr["strides"].list.i.extend([1, layer.stride, layer.stride, 1])
            conv.attr["dilations"].list.i.extend([1, 1, 1, 1])
            conv.attr["padding"].s, conv.attr["data_format"].s = padding, b"NHWC"
            conv.attr["use_cudnn_on_gpu"].b = True
            bias = self.variable(f"{name}/bias", (layer.filters,), 0.1)
            self.node(f"{name}/BiasAdd", "BiasAdd", f"{name}/Conv2D", bias)
            self.node(f"{scope}/{number}_activation", "Relu", self.last)
            channels = layer.filters
            side = layer.kernel if padding == b"VALID" else 1
            rows = (rows - side) // layer.stride + 1
            columns = (columns - side) // layer.stride + 1
        self.flatten(f"{scope}/Flatten/flatten", self.last)
        return rows * columns * channels

    def flatten(self, scope: str, image: str) -> None:
        """Flatten of tensorflow.contrib: the batch size is cut out of the shape."""
        self.node(f"{scope}/Shape", "Shape", image).attr["out_type"].type = DT_INT32
        bounds = [
            self.const(f"{scope}/strided_slice/stack{end}", [value], np.int32)
            for end, value in (("", 0), ("_1", 1), ("_2", 1))
        ]
        piece = self.node(f"{scope}/strided_slice", "StridedSlice", f"{scope}/Shape", *bounds)
        piece.attr["T"].type = piece.attr["Index"].type = DT_INT32
        piece.attr["shrink_axis_mask"].i = 1
        rest = self.const(f"{scope}/Reshape/shape/1", -1, np.int32)
        pack = self.node(f"{scope}/Reshape/shape", "Pack", f"{scope}/strided_slice", rest)
        pack.attr["T"].type, pack.attr["N"].i, pack.attr["axis"].i = DT_INT32, 2, 0
        reshape = self.node(f"{scope}/Reshape", "Reshape", image, f"{scope}/Reshape/shape")
        reshape.attr["Tshape"].type = DT_INT32

    def dense(self, name: str, features: str, inputs: int, outputs: int) -> None:
        kernel = self.variable(f"{name}/kernel", (inputs, outputs), np.sqrt(2 / inputs))
        self.node(f"{name}/MatMul", "MatMul", features, kernel)
        bias = self.variable(f"{name}/bias", (outputs,), 0.1)
        self.node(f"{name}/BiasAdd", "BiasAdd", f"{name}/MatMul", bias)

    def trunk(self, network: str, sensor: str, architecture: str, channels: int = 1) -> int:
        """From the camera to the last hidden layer; returns its width."""
        layers = ARCHITECTURES[architecture]
        name = network.replace("network_1", "network_0") + f"/{sensor}/{sensor}"
        camera = self.camera(name, channels=channels)
        width = self.embedder(f"{network}/{sensor}", camera, layers, (120, 160, channels))
        for number, outputs in enumerate(layers.dense):
            name = f"{network}/middleware_fc_embedder/Dense_{number}"
            self.dense(name, self.last, width, outputs)
            self.node(f"{name}/Relu", "Relu", self.last)
            width = outputs
        return width

    def bytes(self) -> bytes:
        return self.graph.SerializeToString()


def ppo_discrete(
    actions: int = 10,
    architecture: str = "classic",
    sensor: str = "FRONT_FACING_CAMERA",
    channels: int = 1,
    seed: int = 0,
) -> AwsGraph:
    made = AwsGraph(seed)
    width = made.trunk(f"{ONLINE}/network_1", sensor, architecture, channels)
    made.dense(f"{ONLINE}/network_1/ppo_head_0/policy_fc", made.last, width, actions)
    made.node(PPO, "Softmax", made.last)
    return made


def ppo_continuous(architecture: str = "classic", *, with_std: bool = False) -> AwsGraph:
    made = AwsGraph()
    head = f"{ONLINE}/network_1/ppo_head_0"
    width = made.trunk(f"{ONLINE}/network_1", "FRONT_FACING_CAMERA", architecture)
    features = made.last
    made.dense(f"{head}/policy_mean", features, width, 2)
    made.node(PPO, "Identity", made.last)
    if with_std:  # rl_coach: tile(exp(log_std), [batch, 1])
        made.const(f"{head}/policy_log_std", [[-0.5, 0.25]])
        made.node(f"{head}/Exp", "Exp", f"{head}/policy_log_std")
        times = made.const(f"{head}/Tile/multiples", [1, 1], np.int32)
        tile = made.node(f"{head}/policy_std", "Tile", f"{head}/Exp", times)
        tile.attr["Tmultiples"].type = DT_INT32
    return made


def sac() -> AwsGraph:
    made = AwsGraph()
    width = made.trunk(SAC_NETWORK, "FRONT_FACING_CAMERA", "classic")
    head = f"{SAC_NETWORK}/sac_policy_head_0"
    made.dense(f"{head}/dense", made.last, width, 256)
    made.node(f"{head}/dense/Relu", "Relu", made.last)
    made.dense(f"{head}/policy_mean", made.last, 256, 2)
    made.node(f"{head}/policy", "Identity", made.last)
    return made
