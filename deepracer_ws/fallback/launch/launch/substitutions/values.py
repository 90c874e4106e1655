"""Substitutions that look a value up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from launch.launch_context import LaunchContext
from launch.logging import launch_config
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions.failure import SubstitutionFailure
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)


class LaunchConfiguration(Substitution):
    """The value of a launch configuration."""

    def __init__(self, variable_name: SomeSubstitutionsType, *, default: Any | None = None) -> None:
        """Keep the name, and the default: text, substitutions, or a value that becomes text."""
        self.variable_name = normalize_to_list_of_substitutions(variable_name)
        self._default = None if default is None else _normalize_default(default)

    def describe(self) -> str:
        """Return the name."""
        return f"LaunchConfig({' + '.join(sub.describe() for sub in self.variable_name)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the value.

        Raises:
            SubstitutionFailure: It is not set and there is no default.
        """
        name = perform_substitutions(context, self.variable_name)
        if name in context.launch_configurations:
            value: str = context.launch_configurations[name]
            return value
        if self._default is None:
            raise SubstitutionFailure(f"launch configuration '{name}' does not exist")
        return perform_substitutions(context, self._default)


class EnvironmentVariable(Substitution):
    """The value of an environment variable of the launch context."""

    def __init__(
        self,
        name: SomeSubstitutionsType,
        *,
        default_value: SomeSubstitutionsType | None = None,
    ) -> None:
        """Keep the name and the default."""
        self.name = normalize_to_list_of_substitutions(name)
        self.default_value = (
            None if default_value is None else normalize_to_list_of_substitutions(default_value)
        )

    def describe(self) -> str:
        """Return the name."""
        return f"EnvVar({' + '.join(sub.describe() for sub in self.name)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the value.

        Raises:
            SubstitutionFailure: It is not set and there is no default.
        """
        name = perform_substitutions(context, self.name)
        if name in context.environment:
            return context.environment[name]
        if self.default_value is None:
            raise SubstitutionFailure(f"environment variable '{name}' does not exist")
        return perform_substitutions(context, self.default_value)


class LocalSubstitution(Substitution):
    """A value in `context.locals`, for example `event.reason` in an event handler."""

    def __init__(self, expression: str, description: str | None = None) -> None:
        """Keep the expression: attributes separated by dots.

        Raises:
            TypeError: `expression` is not text.
        """
        ensure_argument_type(expression, str, "expression", "LocalSubstitution")
        self.expression = expression
        self._description = description

    def describe(self) -> str:
        """Return the description or the expression."""
        return f"LocalVar('{self._description or self.expression}')"

    def perform(self, context: LaunchContext) -> str:
        """Return the value as text.

        Raises:
            SubstitutionFailure: There is no such value.
        """
        value: Any = context.locals
        try:
            for attribute in self.expression.split("."):
                value = getattr(value, attribute)
        except AttributeError as error:
            raise SubstitutionFailure(str(error)) from error
        return str(value)


class ThisLaunchFile(Substitution):
    """The path of the present launch file."""

    def perform(self, context: LaunchContext) -> str:
        """Return the path.

        Raises:
            SubstitutionFailure: The description does not come from a file.
        """
        return _this_file(context, "path")


class ThisLaunchFileDir(Substitution):
    """The folder of the present launch file."""

    def perform(self, context: LaunchContext) -> str:
        """Return the path of the folder.

        Raises:
            SubstitutionFailure: The description does not come from a file.
        """
        return _this_file(context, "directory")


class LaunchLogDir(Substitution):
    """The folder of the log files of this launch."""

    def perform(self, context: LaunchContext) -> str:
        """Return its path."""
        del context
        return launch_config.log_dir


def _this_file(context: LaunchContext, what: str) -> str:
    value: str | None = context.get_locals_as_dict().get(f"current_launch_file_{what}")
    if value is None:
        raise SubstitutionFailure(
            f"ThisLaunchFile{'Dir' if what == 'directory' else ''} used outside of a launch file "
            "(in a script)"
        )
    return value


def _normalize_default(default: Any) -> list[Substitution]:
    items = default if isinstance(default, Iterable) and not isinstance(default, str) else [default]
    return normalize_to_list_of_substitutions(
        [item if isinstance(item, (str, Substitution)) else str(item) for item in items]
    )
