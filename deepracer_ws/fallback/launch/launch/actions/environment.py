"""Actions on the environment variables that processes are started with."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from launch.action import Action
from launch.actions._assignment import Set, Unset
from launch.condition import Condition
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


class SetEnvironmentVariable(Set):
    """Sets an environment variable."""

    def values(self, context: LaunchContext) -> MutableMapping[str, str]:
        """Return all of them."""
        return context.environment


class AppendEnvironmentVariable(Action):
    """Appends to an environment variable, or prepends; sets it where it is not set."""

    def __init__(
        self,
        name: SomeSubstitutionsType,
        value: SomeSubstitutionsType,
        prepend: bool | SomeSubstitutionsType = False,
        separator: SomeSubstitutionsType = os.pathsep,
        *,
        condition: Condition | None = None,
    ) -> None:
        """Keep the name, the value and how to join it to the present one."""
        super().__init__(condition=condition)
        self.name = normalize_to_list_of_substitutions(name)
        self.value = normalize_to_list_of_substitutions(value)
        self.prepend = normalize_typed_substitution(prepend, bool)
        self.separator = normalize_to_list_of_substitutions(separator)

    def execute(self, context: LaunchContext) -> None:
        """Join the value to the variable."""
        name = perform_substitutions(context, self.name)
        parts = [perform_substitutions(context, self.value)]
        if name in context.environment:
            first = perform_typed_substitution(context, self.prepend, bool)
            parts.insert(1 if first else 0, context.environment[name])
        context.environment[name] = perform_substitutions(context, self.separator).join(parts)


class UnsetEnvironmentVariable(Unset):
    """Removes an environment variable if it is set."""

    def values(self, context: LaunchContext) -> MutableMapping[str, str]:
        """Return all of them."""
        return context.environment


class PushEnvironment(Action):
    """Remembers the environment."""

    def execute(self, context: LaunchContext) -> None:
        """Remember it."""
        context.push_environment()


class PopEnvironment(Action):
    """Returns to the environment that was remembered last."""

    def execute(self, context: LaunchContext) -> None:
        """Return to it."""
        context.pop_environment()


class ResetEnvironment(Action):
    """Returns to the environment that the launch started with."""

    def execute(self, context: LaunchContext) -> None:
        """Return to it."""
        context.replace_environment(context.initial_environment)
