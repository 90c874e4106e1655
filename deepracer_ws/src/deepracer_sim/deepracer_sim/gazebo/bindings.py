"""Finds the Python bindings of gz-transport and gz-msgs, whose names carry version numbers."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from deepracer_core.errors import SimulationError

SUFFIXES = (("", ""), ("15", "12"), ("14", "11"), ("13", "10"))
"""Of gz.transport and gz.msgs, newest first: Jetty (without and with number), Ionic, Harmonic."""

MESSAGES = {
    "Boolean": "boolean",
    "Clock": "clock",
    "Double": "double",
    "Image": "image",
    "Model": "model",
    "Odometry": "odometry",
    "Pose": "pose",
    "WorldControl": "world_control",
}
"""Messages that are used, and the modules that they are in, without `_pb2`."""


class Bindings(NamedTuple):
    """What is used of the bindings.

    Attributes:
        Node: class of gz.transport.
        messages: classes of gz.msgs by their names.
    """

    Node: Any
    messages: dict[str, Any]


def load_bindings() -> Bindings:
    """Import the newest bindings that are installed.

    Raises:
        SimulationError: there are none; says what to install.
    """
    for transport, messages in SUFFIXES:
        try:
            node = import_module(f"gz.transport{transport}").Node
            modules = {
                name: import_module(f"gz.msgs{messages}.{module}_pb2")
                for name, module in MESSAGES.items()
            }
        except ModuleNotFoundError:
            continue
        return Bindings(node, {name: getattr(module, name) for name, module in modules.items()})
    raise SimulationError(
        "the Python bindings of gz-transport are not installed: ros-<distribution>-gz-transport-"
        "vendor brings them since September 2026, Gazebo without ROS as python3-gz-transport<N>; "
        "or go through ros_gz with client:=ros (gz_client:=ros in launch files)"
    )
