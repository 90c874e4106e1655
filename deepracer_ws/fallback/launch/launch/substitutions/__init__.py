"""Substitutions: text that is known only when the launch runs."""

from __future__ import annotations

from launch._missing import missing_names
from launch.substitution import TextSubstitution
from launch.substitutions.commands import (
    Command,
    FindExecutable,
    PathJoinSubstitution,
    PythonExpression,
)
from launch.substitutions.failure import SubstitutionFailure
from launch.substitutions.logic import (
    AllSubstitution,
    AndSubstitution,
    AnySubstitution,
    EqualsSubstitution,
    IfElseSubstitution,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
)
from launch.substitutions.values import (
    EnvironmentVariable,
    LaunchConfiguration,
    LaunchLogDir,
    LocalSubstitution,
    ThisLaunchFile,
    ThisLaunchFileDir,
)

__all__ = [
    "AllSubstitution",
    "AndSubstitution",
    "AnySubstitution",
    "Command",
    "EnvironmentVariable",
    "EqualsSubstitution",
    "FindExecutable",
    "IfElseSubstitution",
    "LaunchConfiguration",
    "LaunchLogDir",
    "LocalSubstitution",
    "NotEqualsSubstitution",
    "NotSubstitution",
    "OrSubstitution",
    "PathJoinSubstitution",
    "PythonExpression",
    "SubstitutionFailure",
    "TextSubstitution",
    "ThisLaunchFile",
    "ThisLaunchFileDir",
]

__getattr__ = missing_names(
    __name__,
    [
        "AnonName",
        "BooleanSubstitution",
        "FileContent",
        "ForEachVar",
        "ForLoopIndex",
        "PathSubstitution",
        "StringJoinSubstitution",
    ],
)
