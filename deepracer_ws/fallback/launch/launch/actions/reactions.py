"""Events and the handlers that react to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from launch.action import Action
from launch.condition import Condition
from launch.event import Event
from launch.event_handler import BaseEventHandler
from launch.events import Shutdown as ShutdownEvent
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.logging import get_logger


class _HandlerAction(Action):
    """Does something with an event handler."""

    def __init__(
        self, event_handler: BaseEventHandler, *, condition: Condition | None = None
    ) -> None:
        """Keep the handler."""
        super().__init__(condition=condition)
        self.event_handler = event_handler


class RegisterEventHandler(_HandlerAction):
    """Makes an event handler react from now on."""

    def execute(self, context: LaunchContext) -> None:
        """Register the handler."""
        context.register_event_handler(self.event_handler)

    def describe_conditional_sub_entities(
        self,
    ) -> Sequence[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Return the entities of the handler, as far as they are known."""
        return [self.event_handler.describe()]


class UnregisterEventHandler(_HandlerAction):
    """Makes an event handler stop reacting."""

    def execute(self, context: LaunchContext) -> None:
        """Unregister the handler."""
        context.unregister_event_handler(self.event_handler)


class EmitEvent(Action):
    """Emits an event."""

    def __init__(self, *, event: Event, condition: Condition | None = None) -> None:
        """Keep the event.

        Raises:
            RuntimeError: `event` is not an event.
        """
        super().__init__(condition=condition)
        if not isinstance(event, Event):
            raise RuntimeError(  # noqa: TRY004 - the error of ROS 2
                f"EmitEvent() expected an event instance, got '{event}'."
            )
        self.event = event

    def execute(self, context: LaunchContext) -> None:
        """Emit the event."""
        context.emit_event_sync(self.event)


class Shutdown(EmitEvent):
    """Ends the launched system, as `ros2 launch` does on Ctrl-C."""

    def __init__(
        self, *, reason: str = "reason not given", condition: Condition | None = None
    ) -> None:
        """Keep the reason, which event handlers can see."""
        super().__init__(event=ShutdownEvent(reason=reason), condition=condition)

    def execute(self, context: LaunchContext) -> None:
        """Emit the event; if the end of a process is the cause, log which."""
        cause = context.get_locals_as_dict().get("event")
        if isinstance(cause, ProcessExited):
            get_logger("launch").info(
                "process[%s] was required: shutting down launched system", cause.process_name
            )
        super().execute(context)
