"""The parameter descriptions under their other name."""

from __future__ import annotations

from launch._missing import missing_names
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

__all__ = ["ParameterFile", "ParameterValue"]

__getattr__ = missing_names(
    __name__, ["ComposableLifecycleNode", "ComposableNode", "Parameter", "RosExecutable"]
)
