"""Whether an action is executed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class Condition:
    """A predicate over the launch context."""

    def __init__(self, *, predicate: Callable[[LaunchContext], bool] | None = None) -> None:
        """Keep the predicate; None is always true."""
        self._predicate = predicate

    def evaluate(self, context: LaunchContext) -> bool:
        """Return what the predicate says in `context`."""
        return self._predicate is None or self._predicate(context)
