"""The ROS graphs that a training drives through, as parts of a launch file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from deepracer_drive.launching import Parameters, end_launch, needed_process
from launch import LaunchDescriptionEntity
from launch_ros.actions import Node

from deepracer_sim.evaluation.config import object_parameters
from deepracer_sim.gazebo_launching import GAZEBO, GazeboOptions, Makers, gazebo_world
from deepracer_sim.launching import CLOCK_LAG, SIMULATED_TIME, WAITED_FOR, reward_scale
from deepracer_sim.training.run_config import RunConfig

NAMES = (
    *("/camera/image_raw", "/camera/camera_info", "/odom", "/joint_states", "/tf", "/tf_static"),
    *("/clock", "/drive", "/drive/status", "/episode", "/reward", "/reset_car", "/set_mode"),
    *("/policy/drive", "/policy/decision", "/policy/model", "/teleop/drive", "/load_model"),
)
"""Topics and services of a graph; they are absolute, so each has to be renamed in a namespace."""


def namespaces(count: int) -> list[str]:
    """Before the names of topics and services: the first graph has the usual names."""
    return ["", *(f"/simulator_{number}" for number in range(1, count))]


def training_graphs(
    config: RunConfig, reward_function: Path, gazebo: GazeboOptions
) -> list[LaunchDescriptionEntity]:
    """The nodes of all graphs; `nodes.graph_source.GraphSource` notices when one of them ends.

    Args:
        config: of the training; the graphs are spread over its tracks.
        reward_function: the file.
        gazebo: how Gazebo is started, if it is the engine.

    Raises:
        SimulationError: Gazebo is the engine, and cannot be used.
    """
    return [
        entity
        for number, namespace in enumerate(namespaces(config.num_simulators))
        for entity in _graph(config, reward_function, gazebo, number, namespace)
    ]


def _graph(
    config: RunConfig, reward_function: Path, gazebo: GazeboOptions, number: int, namespace: str
) -> list[LaunchDescriptionEntity]:
    """One graph."""
    track = config.tracks[number % len(config.tracks)]
    race = {"track": track, "pacing": "lockstep", **object_parameters(config.objects)}
    seed = {"seed": config.seed + number}
    world = {**race, **seed, "level": config.level}
    rewards = {"reward_function": str(reward_function), **reward_scale(config.action_space)}
    gate = {**SIMULATED_TIME, "max_lead": CLOCK_LAG}
    make_node = partial(_node, namespace)
    if config.engine == GAZEBO:
        # Starting Gazebo may fail, so one need not wait until the graph is missed.
        needed = partial(make_node, on_exit=end_launch)
        simulator = gazebo_world(track, world, gazebo, Makers(needed, needed_process, namespace))
    else:
        simulator = [make_node("deepracer_sim", "simulator", {**world, "engine": config.engine})]
    return [
        *simulator,
        make_node("deepracer_drive", "inference", {**seed, "sample": True, **WAITED_FOR}),
        make_node("deepracer_drive", "command_gate", gate),
        make_node("deepracer_sim", "reward_node", {**race, **seed, **rewards}),
    ]


def _node(
    namespace: str,
    package: str,
    executable: str,
    parameters: Parameters,
    *,
    remappings: Iterable[tuple[str, str]] = (),
    **options: Any,
) -> Node:
    renamed = [(name, namespace + name) for name in NAMES] if namespace else []
    return Node(
        package=package,
        executable=executable,
        namespace=namespace or None,
        parameters=[dict(parameters)],
        remappings=[*renamed, *remappings],
        ros_arguments=["--log-level", "error"],  # the trainer tells how it goes
        output="screen",
        **options,
    )
