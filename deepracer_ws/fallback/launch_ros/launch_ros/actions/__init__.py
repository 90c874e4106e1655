"""Actions that start nodes and that set what nodes started after them get."""

from __future__ import annotations

from launch._missing import missing_names
from launch_ros.actions.node import Node
from launch_ros.actions.scope import (
    PushROSNamespace,
    SetParameter,
    SetParametersFromFile,
    SetRemap,
)

PushRosNamespace = PushROSNamespace  # the name before ROS 2 Kilted, still known

__all__ = [
    "Node",
    "PushROSNamespace",
    "PushRosNamespace",
    "SetParameter",
    "SetParametersFromFile",
    "SetRemap",
]

__getattr__ = missing_names(
    __name__,
    [
        "ComposableNodeContainer",
        "LifecycleNode",
        "LifecycleTransition",
        "LoadComposableNodes",
        "ROSTimer",
        "RosTimer",
        "SetROSLogDir",
        "SetUseSimTime",
    ],
)
