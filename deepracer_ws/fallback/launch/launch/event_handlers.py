"""Event handlers for `RegisterEventHandler`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from launch._missing import missing_names, refuse_keywords
from launch.event import Event
from launch.event_handler import BaseEventHandler, as_list
from launch.events import ExecutionComplete, IncludeLaunchDescription, Shutdown
from launch.events.process import ProcessExited, ProcessIO, ProcessStarted
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType

if TYPE_CHECKING:
    from launch.action import Action
    from launch.launch_context import LaunchContext

    Reaction = SomeEntitiesType | Callable[[Any, Any], SomeEntitiesType | None]
    Target = Action | Callable[[Any], bool] | None

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = [
    "OnExecutionComplete",
    "OnIncludeLaunchDescription",
    "OnProcessExit",
    "OnProcessIO",
    "OnProcessStart",
    "OnShutdown",
]

__getattr__ = missing_names(__name__, ["OnActionEventBase", "event_named"])


class _Reactor(BaseEventHandler):
    """Reacts to events of one class, of one action, of those a callable accepts, or of all."""

    # What ROS 2 calls the class of the actions whose events are meant.
    _source: ClassVar[str] = "ExecuteLocal"

    def __init__(
        self, event_class: type[Event], target: Target, reaction: Reaction, *, handle_once: bool
    ) -> None:
        if target is not None and not callable(target) and not _is_action(target):
            raise TypeError("target_action must be an action instance or a callable")
        super().__init__(matcher=self._selects, handle_once=handle_once)
        self._event_class = event_class
        self._target = target
        self._reaction = reaction if callable(reaction) else as_list(reaction)

    def _selects(self, event: Any) -> bool:
        if not isinstance(event, self._event_class):
            return False
        source = getattr(event, "action", None)
        if callable(self._target):
            return self._target(source)
        return self._target is None or source is self._target

    @property
    def matcher_description(self) -> str:
        """Which events match."""
        condition = f"event == {self._event_class.__name__}"
        return (
            condition if self._target is None else f"{condition} and {self._source}(event.action)"
        )

    @property
    def handler_description(self) -> str:
        """The callable, or a word for the entities."""
        return str(self._reaction) if callable(self._reaction) else "<actions>"

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """Return a description, and the entities if the reaction is no callable."""
        return super().describe()[0], [] if callable(self._reaction) else self._reaction

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the entities, or what the callable makes of the event."""
        super().handle(event, context)
        return self._reaction(event, context) if callable(self._reaction) else self._reaction


def _is_action(value: object) -> bool:
    from launch.action import Action  # actions need this module

    return isinstance(value, Action)


class OnProcessStart(_Reactor):
    """Reacts to the start of a process."""

    def __init__(
        self, *, target_action: Target = None, on_start: Reaction, handle_once: bool = False
    ) -> None:
        """React with `on_start` (entities or a callable) to `target_action`, or to all."""
        super().__init__(ProcessStarted, target_action, on_start, handle_once=handle_once)


class OnProcessExit(_Reactor):
    """Reacts to the end of a process."""

    def __init__(
        self, *, target_action: Target = None, on_exit: Reaction, handle_once: bool = False
    ) -> None:
        """React with `on_exit` (entities or a callable) to `target_action`, or to all."""
        super().__init__(ProcessExited, target_action, on_exit, handle_once=handle_once)


class OnProcessIO(_Reactor):
    """Reacts to the output of a process."""

    def __init__(
        self,
        *,
        target_action: Target = None,
        on_stdout: Callable[[ProcessIO], SomeEntitiesType | None] | None = None,
        on_stderr: Callable[[ProcessIO], SomeEntitiesType | None] | None = None,
        handle_once: bool = False,
        **unsupported: Any,
    ) -> None:
        """Call `on_stdout` and `on_stderr` with each `ProcessIO` event of `target_action`."""
        refuse_keywords("OnProcessIO", unsupported, ["on_stdin"])

        def react(event: ProcessIO, context: LaunchContext) -> SomeEntitiesType | None:
            del context
            callback = on_stdout if event.from_stdout else on_stderr
            return callback(event) if callback is not None else None

        super().__init__(ProcessIO, target_action, react, handle_once=handle_once)


class OnExecutionComplete(_Reactor):
    """Reacts to the end of an action and of all that it started."""

    _source = "Action"

    def __init__(
        self, *, target_action: Target = None, on_completion: Reaction, handle_once: bool = False
    ) -> None:
        """React with `on_completion` (entities or a callable) to `target_action`, or to all."""
        super().__init__(ExecutionComplete, target_action, on_completion, handle_once=handle_once)


class OnIncludeLaunchDescription(_Reactor):
    """Visits launch descriptions that are to be included; every launch service has one."""

    def __init__(self, *, handle_once: bool = False) -> None:
        """React with the description in the event."""
        super().__init__(
            IncludeLaunchDescription,
            None,
            lambda event, _: event.launch_description,
            handle_once=handle_once,
        )

    @property
    def matcher_description(self) -> str:
        """Which events match."""
        return "event issubclass of launch.events.IncludeLaunchDescription"

    @property
    def handler_description(self) -> str:
        """What is visited."""
        return "returns the launch_description in the event"


class OnShutdown(_Reactor):
    """Reacts to the shutdown of the launched system; describes its actions, unlike ROS 2."""

    def __init__(self, *, on_shutdown: Reaction, handle_once: bool = False) -> None:
        """React with `on_shutdown`: entities, or a callable of the event and the context."""
        super().__init__(Shutdown, None, on_shutdown, handle_once=handle_once)

    @property
    def matcher_description(self) -> str:
        """Which events match."""
        return "event issubclass of launch.events.Shutdown"
