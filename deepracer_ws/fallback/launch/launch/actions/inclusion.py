"""Launch descriptions and groups within a launch description."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from launch.action import Action
from launch.actions.configurations import (
    PopLaunchConfigurations,
    PushLaunchConfigurations,
    ResetLaunchConfigurations,
    SetLaunchConfiguration,
)
from launch.actions.environment import PopEnvironment, PushEnvironment, ResetEnvironment
from launch.condition import Condition
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.launch_description_source import LaunchDescriptionSource
from launch.launch_description_sources import AnyLaunchDescriptionSource
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class IncludeLaunchDescription(Action):
    """Visits another launch description, in the scope of this one.

    The arguments become launch configurations, which stay set afterwards: put the include in a
    `GroupAction` to limit them to it.
    """

    def __init__(
        self,
        launch_description_source: LaunchDescriptionSource | SomeSubstitutionsType,
        *,
        launch_arguments: Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]]
        | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Keep the source, or the path of a launch file, and pairs of argument and value."""
        super().__init__(condition=condition)
        if not isinstance(launch_description_source, LaunchDescriptionSource):
            launch_description_source = AnyLaunchDescriptionSource(launch_description_source)
        self.launch_description_source = launch_description_source
        self.launch_arguments = () if launch_arguments is None else tuple(launch_arguments)

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the description if it can be loaded before the launch."""
        description = self.launch_description_source.try_get_launch_description_without_context()
        return [] if description is None else [description]

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Load the description, check its required arguments, and return what to visit.

        Raises:
            RuntimeError: A required argument is not among the given ones.
        """
        description = self.launch_description_source.get_launch_description(context)
        location = Path(self.launch_description_source.location).absolute()
        # A description that was not loaded from a file has a location such as <string>.
        folder = str(location.parent) if location.exists() else location.name
        context.extend_locals(
            {"current_launch_file_path": str(location), "current_launch_file_directory": folder}
        )
        self._check_arguments(context, description)
        settings = [SetLaunchConfiguration(name, value) for name, value in self.launch_arguments]
        return [*settings, description]

    def _check_arguments(self, context: LaunchContext, description: LaunchDescription) -> None:
        given = self.argument_names(context)
        declared = description.get_launch_arguments_with_include_launch_description_actions()
        for argument, includes in declared:
            if argument.conditionally_included or argument.default_value is not None:
                continue
            names = [*given]
            for include in includes or []:
                names += include.argument_names(context)
            if argument.name not in names:
                raise RuntimeError(
                    "Included launch description missing required argument "
                    f"'{argument.name}' (description: '{argument.description}'), "
                    f"given: [{', '.join(names)}]"
                )

    def argument_names(self, context: LaunchContext) -> list[str]:
        """Return the names of the arguments that are given to the included description."""
        return [
            perform_substitutions(context, normalize_to_list_of_substitutions(name))
            for name, _ in self.launch_arguments
        ]


class GroupAction(Action):
    """Visits actions together, by default with configurations and environment of their own.

    With `scoped` what the actions change ends with the group; with `forwarding` off as well, the
    group does not see what is set outside. `launch_configurations` are set for the group.
    """

    def __init__(
        self,
        actions: Iterable[Action],
        *,
        scoped: bool = True,
        forwarding: bool = True,
        launch_configurations: Mapping[Any, SomeSubstitutionsType] | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Keep the actions and how to scope them."""
        super().__init__(condition=condition)
        self._actions = list(actions)
        self._scoped = scoped
        self._forwarding = forwarding
        self._configurations = launch_configurations or {}

    def get_sub_entities(self) -> Sequence[LaunchDescriptionEntity]:
        """Return the actions between those that make the scope."""
        settings: list[LaunchDescriptionEntity] = [
            SetLaunchConfiguration(name, value) for name, value in self._configurations.items()
        ]
        if not self._scoped:
            return [*settings, *self._actions]
        if not self._forwarding:
            settings = [ResetEnvironment(), ResetLaunchConfigurations(self._configurations)]
        return [
            PushLaunchConfigurations(),
            PushEnvironment(),
            *settings,
            *self._actions,
            PopEnvironment(),
            PopLaunchConfigurations(),
        ]

    def execute(self, context: LaunchContext) -> Sequence[LaunchDescriptionEntity]:
        """Return what to visit."""
        del context
        return self.get_sub_entities()
