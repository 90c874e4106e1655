"""From a frozen graph of AWS DeepRacer to a policy.onnx that decides the same.

What is known of these graphs (simapp, rl_coach): one `Placeholder` for the camera, (batch, rows,
columns, channels) with values of 0 to 255; convolutions, dense layers, and at the end
`.../ppo_head_0/policy`, which is the softmax over the actions or the means of steering and speed,
or `.../sac_policy_head_0/policy`, the means before their tanh. The archive's standard deviations
are missing, unless the graph has a `policy_std`: those of steering and speed are then
`UNKNOWN_STD`, which only who draws actions at random notices.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import TensorProto

from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import ConfigError, FrozenGraphError
from deepracer_core.frozen_graph.graph import Operation, ancestors, attribute, read_graph
from deepracer_core.frozen_graph.operations import OnnxGraph, Tensor, Value, translate
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import ACTION_COMPONENTS, policy_model
from deepracer_core.policy_spec import INPUT, OUTPUT, STEREO, PolicySpec

PPO_OUTPUT = "ppo_head_0/policy"
SAC_OUTPUT = "sac_policy_head_0/policy"
STD_SUFFIX = "_std"

UNKNOWN_STD = 1.0
"""What PPO begins with (simapp: log_std 0), in the normalised range."""


def to_policy(data: bytes, metadata: ModelMetadata, model: str) -> bytes:
    """Return the policy.onnx of a frozen graph; let `policy_check` see it before it is used.

    Args:
        data: The file's content.
        metadata: The model_metadata.json beside it.
        model: Name of the model.

    Raises:
        FrozenGraphError: it is malformed, no camera policy, or has an operation that is not known.
        PolicyError: the sensors are none that policies of this stack see.
    """
    operations = read_graph(data)
    output = find_output(operations)
    std = output + STD_SUFFIX
    needed = ancestors(operations, [output, std] if std in operations else [output])
    camera = _find_camera(needed)
    spec = PolicySpec(model, _preprocessing(camera, metadata), metadata)
    graph = OnnxGraph()
    values: dict[str, Value] = {}
    for operation in needed:
        if operation is camera:
            values[operation.name] = _see(graph, spec.preprocessing)
        else:
            inputs = [values[name] for name in operation.inputs]
            values[operation.name] = translate(graph, operation, inputs)
    _finish(graph, spec, values, output)
    model = policy_model(spec, graph.nodes, graph.initializers)
    result: bytes = model.SerializeToString(deterministic=True)
    return result


def find_output(operations: Mapping[str, Operation]) -> str:
    """Name of the operation that puts out the policy.

    Raises:
        FrozenGraphError: there is none, or more than one.
    """
    found = [name for name in operations if name.endswith((PPO_OUTPUT, SAC_OUTPUT))]
    if not found:
        used = {source for operation in operations.values() for source in operation.inputs}
        found = [name for name in operations if name not in used]
    if len(found) != 1:
        raise FrozenGraphError(
            f"the graph has {len(found)} outputs that may be the policy; "
            f"freeze it with .../{PPO_OUTPUT} as its only output"
        )
    return found[0]


def _find_camera(operations: list[Operation]) -> Operation:
    found = [operation for operation in operations if operation.kind == "Placeholder"]
    if len(found) != 1:
        names = [operation.name for operation in found]
        raise FrozenGraphError(
            f"the policy has the inputs {names}; policies of this stack have one, the camera: "
            "train a model without LiDAR"
        )
    return found[0]


def _preprocessing(camera: Operation, metadata: ModelMetadata) -> Preprocessing:
    """What the network sees: gray, in the size of its input; more channels are past pictures."""
    dims = [dim.size for dim in attribute(camera, "shape").shape.dim]
    cameras = 2 if STEREO in metadata.sensors else 1
    if len(dims) != 4 or dims[0] not in (-1, 1) or dims[3] % cameras:
        raise FrozenGraphError(
            f"{camera} takes {dims}; a camera policy takes [-1, rows, columns, channels]"
        )
    try:
        return Preprocessing(
            width=dims[2], height=dims[1], cameras=cameras, frames=dims[3] // cameras
        )
    except ConfigError as error:
        raise FrozenGraphError(f"{camera}: {error}") from error


def _see(graph: OnnxGraph, preprocessing: Preprocessing) -> Tensor:
    _, channels, rows, columns = preprocessing.input_shape
    name = graph.node("Cast", [INPUT], "pixels", to=TensorProto.FLOAT)
    return Tensor(name, (1, rows, columns, channels))


def _finish(graph: OnnxGraph, spec: PolicySpec, values: Mapping[str, Value], output: str) -> None:
    """Probabilities of the actions; or means, which SAC squashes (simapp), and deviations."""
    is_discrete = isinstance(spec.metadata.action_space, DiscreteActionSpace)
    shape = (1, spec.outputs if is_discrete else ACTION_COMPONENTS)
    policy = values[output]
    if not isinstance(policy, Tensor) or policy.shape != shape:
        raise FrozenGraphError(
            f"{output!a} puts out {policy.shape}, model_metadata.json asks for {shape}; "
            "use the model_metadata.json that the model was trained with"
        )
    if is_discrete:
        graph.node("Identity", [policy.name], OUTPUT)
        return
    name = graph.append("Tanh", [policy]) if output.endswith(SAC_OUTPUT) else policy.name
    std = values.get(output + STD_SUFFIX, np.full(shape, UNKNOWN_STD))
    if std.shape != shape:
        raise FrozenGraphError(f"{output + STD_SUFFIX!a} puts out {std.shape}, not {shape}")
    deviations = std if isinstance(std, Tensor) else graph.constant(std)
    graph.node("Concat", [name, deviations.name], OUTPUT, axis=1)
