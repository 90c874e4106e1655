"""Actions on launch configurations."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from launch.action import Action
from launch.actions._assignment import Set, Unset
from launch.condition import Condition
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class SetLaunchConfiguration(Set):
    """Sets a launch configuration."""

    def values(self, context: LaunchContext) -> MutableMapping[str, str]:
        """Return all of them."""
        return context.launch_configurations


class UnsetLaunchConfiguration(Unset):
    """Removes a launch configuration if it is set."""

    def values(self, context: LaunchContext) -> MutableMapping[str, str]:
        """Return all of them."""
        return context.launch_configurations


class ResetLaunchConfigurations(Action):
    """Removes all launch configurations but those given, which may depend on the removed ones."""

    def __init__(
        self,
        launch_configurations: Mapping[Any, SomeSubstitutionsType] | None = None,
        *,
        condition: Condition | None = None,
    ) -> None:
        """Keep the configurations to set: name (text or tuple of substitutions) to value."""
        super().__init__(condition=condition)
        self._kept = [
            (normalize_to_list_of_substitutions(name), normalize_to_list_of_substitutions(value))
            for name, value in (launch_configurations or {}).items()
        ]

    def execute(self, context: LaunchContext) -> None:
        """Perform the kept ones, then replace all by them."""
        kept = {
            perform_substitutions(context, name): perform_substitutions(context, value)
            for name, value in self._kept
        }
        context.launch_configurations.clear()
        context.launch_configurations.update(kept)


class PushLaunchConfigurations(Action):
    """Remembers the launch configurations."""

    def execute(self, context: LaunchContext) -> None:
        """Remember them."""
        context.push_launch_configurations()


class PopLaunchConfigurations(Action):
    """Returns to the launch configurations that were remembered last."""

    def execute(self, context: LaunchContext) -> None:
        """Return to them."""
        context.pop_launch_configurations()
