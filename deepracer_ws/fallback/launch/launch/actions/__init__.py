"""Actions: what a launch file tells the launch system to do."""

from __future__ import annotations

from launch._missing import missing_names
from launch.actions.arguments import DeclareLaunchArgument
from launch.actions.configurations import (
    PopLaunchConfigurations,
    PushLaunchConfigurations,
    ResetLaunchConfigurations,
    SetLaunchConfiguration,
    UnsetLaunchConfiguration,
)
from launch.actions.environment import (
    AppendEnvironmentVariable,
    PopEnvironment,
    PushEnvironment,
    ResetEnvironment,
    SetEnvironmentVariable,
    UnsetEnvironmentVariable,
)
from launch.actions.execute_process import ExecuteProcess
from launch.actions.functions import LogInfo, OpaqueFunction, TimerAction
from launch.actions.inclusion import GroupAction, IncludeLaunchDescription
from launch.actions.reactions import (
    EmitEvent,
    RegisterEventHandler,
    Shutdown,
    UnregisterEventHandler,
)

__all__ = [
    "AppendEnvironmentVariable",
    "DeclareLaunchArgument",
    "EmitEvent",
    "ExecuteProcess",
    "GroupAction",
    "IncludeLaunchDescription",
    "LogInfo",
    "OpaqueFunction",
    "PopEnvironment",
    "PopLaunchConfigurations",
    "PushEnvironment",
    "PushLaunchConfigurations",
    "RegisterEventHandler",
    "ResetEnvironment",
    "ResetLaunchConfigurations",
    "SetEnvironmentVariable",
    "SetLaunchConfiguration",
    "Shutdown",
    "TimerAction",
    "UnregisterEventHandler",
    "UnsetEnvironmentVariable",
    "UnsetLaunchConfiguration",
]

__getattr__ = missing_names(
    __name__,
    [
        "DeclareBooleanLaunchArgument",
        "ExecuteLocal",
        "ForEach",
        "ForLoop",
        "Log",
        "LogDebug",
        "LogError",
        "LogWarning",
        "OpaqueCoroutine",
        "ReplaceEnvironmentVariables",
        "ScopedIncludeLaunchDescription",
    ],
)
