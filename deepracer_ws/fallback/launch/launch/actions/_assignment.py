"""Setting and unsetting a name, which launch configurations and the environment share."""

from __future__ import annotations

from collections.abc import MutableMapping

from launch.action import Action
from launch.condition import Condition
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class Unset(Action):
    """Removes a name if it is set."""

    def __init__(self, name: SomeSubstitutionsType, *, condition: Condition | None = None) -> None:
        """Keep the name."""
        super().__init__(condition=condition)
        self.name = normalize_to_list_of_substitutions(name)

    def values(self, context: LaunchContext) -> MutableMapping[str, str]:
        """Return the values by name that this action changes."""
        raise NotImplementedError

    def execute(self, context: LaunchContext) -> None:
        """Remove it."""
        self.values(context).pop(perform_substitutions(context, self.name), None)


class Set(Unset):
    """Gives a name a value."""

    def __init__(
        self,
        name: SomeSubstitutionsType,
        value: SomeSubstitutionsType,
        *,
        condition: Condition | None = None,
    ) -> None:
        """Keep the name and the value."""
        super().__init__(name, condition=condition)
        self.value = normalize_to_list_of_substitutions(value)

    def execute(self, context: LaunchContext) -> None:
        """Set it."""
        name = perform_substitutions(context, self.name)
        self.values(context)[name] = perform_substitutions(context, self.value)
