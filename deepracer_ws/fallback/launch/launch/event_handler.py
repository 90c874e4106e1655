"""Reactions to events: the base classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from launch.event import Event
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class BaseEventHandler:
    """Reacts to the events that `matcher` accepts."""

    def __init__(self, *, matcher: Callable[[Any], bool], handle_once: bool = False) -> None:
        """Keep the matcher; with `handle_once` the handler unregisters itself when it is used."""
        self._matcher = matcher
        self.handle_once = handle_once

    def matches(self, event: Event) -> bool:
        """Tell whether this handler reacts to `event`."""
        return self._matcher(event)

    @property
    def matcher_description(self) -> str | None:
        """Which events match, if a subclass says so."""
        return None

    @property
    def handler_description(self) -> str | None:
        """What is done then, if a subclass says so."""
        return None

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """Return a description, and the entities to visit, as far as known before the launch."""
        return (
            (
                f"{type(self).__name__}(matcher='{self.matcher_description}', "
                f"handler='{self.handler_description}', handle_once={self.handle_once})"
            ),
            [],
        )

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Make the event available as `context.locals.event`; subclasses return what to visit."""
        context.extend_locals({"event": event})
        if self.handle_once:
            context.unregister_event_handler(self)
        return None


class EventHandler(BaseEventHandler):
    """Visits `entities` when an event matches."""

    def __init__(
        self,
        *,
        matcher: Callable[[Any], bool],
        entities: SomeEntitiesType | None = None,
        handle_once: bool = False,
    ) -> None:
        """Keep the entities."""
        super().__init__(matcher=matcher, handle_once=handle_once)
        self.entities = entities

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """Return a description and the entities."""
        return super().describe()[0], as_list(self.entities)

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the entities."""
        super().handle(event, context)
        return self.entities


def as_list(entities: SomeEntitiesType | None) -> list[LaunchDescriptionEntity]:
    """Return `entities`, which may be None, one entity or several, as a list.

    Raises:
        TypeError: One of them is not a launch description entity.
    """
    if entities is None:
        return []
    listed = list(entities) if isinstance(entities, Iterable) else [entities]
    for entity in listed:
        if not isinstance(entity, LaunchDescriptionEntity):
            raise TypeError(
                "expected all items in 'on_event' iterable to be of type "
                f"'LaunchDescriptionEntity' but got '{type(entity)}'"
            )
    return listed
