"""A system to launch, as a list of entities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from launch.launch_description_entity import LaunchDescriptionEntity
from launch.logging import get_logger

if TYPE_CHECKING:
    from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
    from launch.launch_context import LaunchContext

    _Includes = list[IncludeLaunchDescription] | None


class LaunchDescription(LaunchDescriptionEntity):
    """Entities that are visited in order."""

    def __init__(
        self,
        initial_entities: Iterable[LaunchDescriptionEntity] | None = None,
        *,
        deprecated_reason: str | None = None,
    ) -> None:
        """Keep the entities; a `deprecated_reason` is logged when the description is visited."""
        self.entities = [] if initial_entities is None else list(initial_entities)
        self.deprecated_reason = deprecated_reason

    @property
    def deprecated(self) -> bool:
        """Whether there is a reason not to use this description."""
        return self.deprecated_reason is not None

    def add_entity(self, entity: LaunchDescriptionEntity) -> None:
        """Append an entity."""
        self.entities.append(entity)

    def add_action(self, action: LaunchDescriptionEntity) -> None:
        """Append an action."""
        self.add_entity(action)

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return the entities."""
        if self.deprecated_reason is not None:
            path = context.get_locals_as_dict().get("current_launch_file_path")
            what = (
                f"launch file [{path}] is deprecated" if path else "deprecated launch description"
            )
            get_logger("launch").warning("%s: %s", what, self.deprecated_reason)
        return self.entities

    def describe_sub_entities(self) -> Sequence[LaunchDescriptionEntity]:
        """Return the entities."""
        return self.entities

    def get_launch_arguments(
        self, conditional_inclusion: bool = False
    ) -> list[DeclareLaunchArgument]:
        """Return the arguments that this description and what it includes declare.

        The first declaration of a name counts. An argument that is declared under a condition has
        `conditionally_included` set.
        """
        found = self.get_launch_arguments_with_include_launch_description_actions(
            conditional_inclusion
        )
        return [argument for argument, _ in found]

    def get_launch_arguments_with_include_launch_description_actions(
        self, conditional_inclusion: bool = False
    ) -> list[tuple[DeclareLaunchArgument, _Includes]]:
        """Return the declared arguments, each with the includes around it, None at the top."""
        found: dict[str, tuple[DeclareLaunchArgument, _Includes]] = {}
        _collect_arguments(self.entities, conditional_inclusion, None, found)
        return list(found.values())


def _collect_arguments(
    entities: Iterable[LaunchDescriptionEntity],
    conditional: bool,
    includes: _Includes,
    found: dict[str, tuple[DeclareLaunchArgument, _Includes]],
) -> None:
    """Add to `found` the arguments that `entities` declare."""
    from launch.actions import (  # actions need this module
        DeclareLaunchArgument,
        IncludeLaunchDescription,
        ResetLaunchConfigurations,
    )

    for entity in entities:
        if isinstance(entity, ResetLaunchConfigurations):
            return  # later arguments cannot be set from outside
        if isinstance(entity, DeclareLaunchArgument):
            if entity.name not in found:
                entity.conditionally_included = conditional or entity.condition is not None
                found[entity.name] = (entity, includes)
            continue
        path = includes
        if isinstance(entity, IncludeLaunchDescription):
            path = [*(includes or []), entity]
        _collect_arguments(entity.describe_sub_entities(), conditional, path, found)
        for _, sub_entities in entity.describe_conditional_sub_entities():
            _collect_arguments(sub_entities, True, path, found)
