"""What a launch description is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class LaunchDescriptionEntity:
    """Base class of actions and descriptions: visited once, in order, when launched."""

    def describe(self) -> str:
        """Return a description of this entity."""
        return repr(self)

    def describe_sub_entities(self) -> Sequence[LaunchDescriptionEntity]:
        """Return the entities that a visit always yields, as far as known before the launch."""
        return []

    def describe_conditional_sub_entities(
        self,
    ) -> Sequence[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Return the entities that a visit may yield, with a description of when."""
        return []

    def visit(self, context: LaunchContext) -> Iterable[LaunchDescriptionEntity] | None:
        """Do what this entity stands for and return the entities to visit next."""
        del context
        return None

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return what is done when everything that the visit started has ended, if anything did."""
        return None
