"""Substitutions that compute: commands, expressions and paths."""

from __future__ import annotations

import importlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from typing import Any

from launch.launch_context import LaunchContext
from launch.logging import get_logger
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions.failure import SubstitutionFailure
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

_ON_STDERR = ("fail", "ignore", "warn", "capture")


class Command(Substitution):
    """The output of a command."""

    def __init__(
        self, command: SomeSubstitutionsType, *, on_stderr: SomeSubstitutionsType = "fail"
    ) -> None:
        """Keep the command line and what to do if it writes to standard error.

        Args:
            command: Split into words as a POSIX shell does.
            on_stderr: fail, ignore, warn, or capture (together with the output).
        """
        self.command = normalize_to_list_of_substitutions(command)
        self.on_stderr = normalize_to_list_of_substitutions(on_stderr)

    def describe(self) -> str:
        """Return the command."""
        return f"Command({' + '.join(sub.describe() for sub in self.command)})"

    def perform(self, context: LaunchContext) -> str:
        """Run the command and return its standard output.

        Raises:
            SubstitutionFailure: The command does not exist, fails, or writes to standard error.
        """
        command = perform_substitutions(context, self.command)
        on_stderr = perform_substitutions(context, self.on_stderr)
        if on_stderr not in _ON_STDERR:
            raise SubstitutionFailure(
                "expected 'on_stderr' to be one of: 'fail', 'ignore', 'warn' or 'capture'"
            )
        try:
            result = subprocess.run(
                shlex.split(command),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if on_stderr == "capture" else subprocess.PIPE,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise SubstitutionFailure(f"file not found: {error}") from error
        if result.returncode != 0:
            stderr = f"\nCaptured stderr output: {result.stderr}" if result.stderr else ""
            raise SubstitutionFailure(f"executed command failed. Command: {command}{stderr}")
        if result.stderr:
            _report_stderr(command, result.stderr, on_stderr)
        return result.stdout


def _report_stderr(command: str, stderr: str, on_stderr: str) -> None:
    message = (
        f"executed command showed stderr output. Command: {command}\n"
        f"Captured stderr output:\n{stderr}"
    )
    if on_stderr == "fail":
        raise SubstitutionFailure(message)
    if on_stderr == "warn":
        get_logger("launch").warning("%s", message)


class PythonExpression(Substitution):
    """The value of a Python expression as text; what `math` defines is known in it."""

    def __init__(
        self,
        expression: SomeSubstitutionsType,
        python_modules: SomeSubstitutionsType = ("math",),
    ) -> None:
        """Keep the expression and the names of the modules that it uses."""
        for value, name in ((expression, "expression"), (python_modules, "python_modules")):
            ensure_argument_type(value, (str, Substitution, Iterable), name, "PythonExpression")
        self.expression = normalize_to_list_of_substitutions(expression)
        self.python_modules = normalize_to_list_of_substitutions(python_modules)

    def describe(self) -> str:
        """Return the expression."""
        return f"PythonExpr({' + '.join(sub.describe() for sub in self.expression)})"

    def perform(self, context: LaunchContext) -> str:
        """Evaluate the expression."""
        names: dict[str, Any] = {}
        for sub in self.python_modules:
            module = importlib.import_module(context.perform_substitution(sub))
            if module.__name__ == "math":
                names.update(vars(module))
            names[module.__name__] = module
        expression = perform_substitutions(context, self.expression)
        return str(eval(expression, {}, names))  # noqa: S307 - a launch file is a program


class PathJoinSubstitution(Substitution):
    """A path from its parts."""

    def __init__(self, substitutions: Iterable[str | Substitution]) -> None:
        """Keep the parts."""
        self.substitutions = normalize_to_list_of_substitutions(substitutions)

    def describe(self) -> str:
        """Return the parts."""
        return f"PathJoin({' + '.join(sub.describe() for sub in self.substitutions)})"

    def perform(self, context: LaunchContext) -> str:
        """Join the parts with slashes."""
        return os.path.join(  # noqa: PTH118 - ROS 2 keeps what Path would tidy up
            *[sub.perform(context) for sub in self.substitutions]
        )


class FindExecutable(Substitution):
    """The path of an executable on the PATH."""

    def __init__(self, *, name: SomeSubstitutionsType) -> None:
        """Keep the name."""
        self.name = normalize_to_list_of_substitutions(name)

    def describe(self) -> str:
        """Return the name."""
        return f"FindExec({' + '.join(sub.describe() for sub in self.name)})"

    def perform(self, context: LaunchContext) -> str:
        """Find it.

        Raises:
            SubstitutionFailure: It is not on the PATH.
        """
        name = perform_substitutions(context, self.name)
        path = shutil.which(name)
        if path is None:
            raise SubstitutionFailure(f"executable '{name}' not found on the PATH")
        return path
