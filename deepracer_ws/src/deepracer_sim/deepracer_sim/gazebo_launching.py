"""Gazebo as a part of launch files: server, bridge and stepper, in place of a simulator node."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deepracer_core.errors import SimulationError
from deepracer_drive.launching import Parameters
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.installation import BRIDGE, PROGRAM, check_installation
from deepracer_sim.gazebo.world_files import RESOURCE_VARIABLE, find_world, resource_paths

GAZEBO = "gazebo"
"""Value of the argument `engine`."""

RENDER_ENGINES = ["ogre2", "ogre"]
CLIENTS = ["ros", "transport"]

ARGUMENTS = (
    DeclareLaunchArgument(
        "headless",
        default_value="true",
        choices=["true", "false"],
        description="Gazebo renders without a screen, by EGL; false: on the X display of DISPLAY.",
    ),
    DeclareLaunchArgument(
        "gui",
        default_value="false",
        choices=["true", "false"],
        description="Show Gazebo's own window.",
    ),
    DeclareLaunchArgument(
        "render_engine",
        default_value="ogre2",
        choices=RENDER_ENGINES,
        description="Of Gazebo's camera; ogre needs a screen: headless:=false.",
    ),
    DeclareLaunchArgument(
        "gz_client",
        default_value="ros",
        choices=CLIENTS,
        description="Way to Gazebo: ros, by ros_gz_bridge; transport, by its Python bindings.",
    ),
)


@dataclass(frozen=True)
class GazeboOptions:
    """How Gazebo is to be started; the values of `ARGUMENTS`."""

    headless: bool = True
    """Whether to render without a screen."""
    gui: bool = False
    """Whether to open Gazebo's own window."""
    render_engine: str = RENDER_ENGINES[0]
    """One of `RENDER_ENGINES`."""
    client: str = CLIENTS[0]
    """One of `CLIENTS`."""

    @classmethod
    def of(cls, context: LaunchContext) -> GazeboOptions:
        """Those in the arguments of a launch."""
        headless, gui, render_engine, client = (
            LaunchConfiguration(argument.name).perform(context) for argument in ARGUMENTS
        )
        return cls(headless == "true", gui == "true", render_engine, client)


@dataclass(frozen=True)
class Makers:
    """How the parts of a graph are made."""

    node: Callable[..., Any]
    """Of package, executable, parameters and options, such as `launching.needed_node`."""
    process: Callable[..., Any]
    """Of command, name and options, such as `launching.needed_process`."""
    namespace: str = ""
    """Before the names of services that are absolute, such as `/simulator_1`."""


def gazebo_world(
    track: str, stepper: Parameters, options: GazeboOptions, make: Makers
) -> list[LaunchDescriptionEntity]:
    """What takes the place of the simulator node: to the outside it is the same.

    Each has its own server, which in a partition of its own hears nobody else's.

    Args:
        track: name of the track.
        stepper: parameters of a simulator node.
        options: of the server.
        make: how processes and nodes are made.

    Raises:
        SimulationError: Gazebo is not installed, the track has no world for it, or the options
            contradict each other.
    """
    if options.headless and options.render_engine == "ogre":
        raise SimulationError(
            "render_engine ogre cannot render without a screen: give headless:=false, on a machine "
            "without one under xvfb-run"
        )
    with_bridge = options.client == "ros"
    check_installation(with_bridge=with_bridge)
    world = find_world(track)
    partition = f"deepracer-{uuid.uuid4().hex[:8]}"
    environment = {
        "GZ_PARTITION": partition,
        "GZ_IP": "127.0.0.1",
        RESOURCE_VARIABLE: ":".join(
            [*map(str, resource_paths(world)), *filter(None, [os.environ.get(RESOURCE_VARIABLE)])]
        ),
    }
    services = (names.CONTROL_SERVICE, names.SET_POSE_SERVICE)
    renamed = [(name, make.namespace + name) for name in services] if make.namespace else []
    common = {"additional_env": environment, "remappings": renamed}
    stepper = {**stepper, "client": options.client}
    return [
        LogInfo(msg=f"to watch Gazebo's topics: export GZ_PARTITION={partition} GZ_IP=127.0.0.1"),
        make.process(_server_command(str(world), options), PROGRAM, additional_env=environment),
        *([_bridge(make, common)] if with_bridge else []),
        make.node("deepracer_sim", "gazebo_stepper", stepper, **common),
        *([_window(environment, options)] if options.gui else []),
    ]


def _server_command(world: str, options: GazeboOptions) -> list[str]:
    """Start the server paused, that is without -r: the stepper moves it."""
    return [
        *(PROGRAM, "sim", "-s", "-v2"),
        *("--render-engine-server", options.render_engine),
        *(["--headless-rendering"] if options.headless else []),
        world,
    ]


def _bridge(make: Makers, common: Mapping[str, Any]) -> LaunchDescriptionEntity:
    config = PathJoinSubstitution(
        [FindPackageShare("deepracer_sim"), "config", "gazebo_bridge.yaml"]
    )
    parameters, services = {"config_file": config}, list(names.BRIDGED_SERVICES)
    return make.node(BRIDGE, "parameter_bridge", parameters, arguments=services, **common)


def _window(environment: Mapping[str, str], options: GazeboOptions) -> ExecuteProcess:
    """Gazebo's own window, which may be closed at any time."""
    return ExecuteProcess(
        cmd=[PROGRAM, "sim", "-g", "--render-engine-gui", options.render_engine],
        name="gz_window",
        output="screen",
        additional_env=dict(environment),
    )
