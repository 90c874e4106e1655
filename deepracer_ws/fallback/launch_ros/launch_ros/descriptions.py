"""The parameter descriptions under their other name."""

from __future__ import annotations

from launch._missing import missing_names
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = ["ParameterFile", "ParameterValue"]

__getattr__ = missing_names(
    __name__, ["ComposableLifecycleNode", "ComposableNode", "Parameter", "RosExecutable"]
)
