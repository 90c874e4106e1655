"""The state that a launch description is visited in."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterable, MutableMapping
from types import SimpleNamespace
from typing import Any

from launch._guard import Guard
from launch.event import Event
from launch.event_handler import BaseEventHandler
from launch.substitution import Substitution


class _Locals(SimpleNamespace):
    """`context.locals`: what only the entities visited because of the current event see."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"context.locals does not contain attribute '{name}', "
            f"it contains: [{', '.join(vars(self))}]"
        )


class LaunchContext:
    """Launch configurations, environment, event handlers and the queue of events.

    Attributes:
        argv: Arguments of the launch service.
        noninteractive: Whether the launch service runs without a terminal.
        launch_configurations: Name to value; values are text except for those of launch_ros.
        is_shutdown: Whether the launched system is ending.
        asyncio_loop: The event loop while the launch service runs.
        events: Events that are not handled yet, oldest first.
        event_handlers: Registered handlers, the newest first; it is asked first.
        pending: What must end before the launch service is idle.
        initial_environment: The environment when the context was created.
        guard: Ends every process of this context with the launcher (not in the real API).
    """

    def __init__(self, *, argv: Iterable[str] | None = None, noninteractive: bool = False) -> None:
        """Create an empty context."""
        self.argv = [] if argv is None else list(argv)
        self.noninteractive = noninteractive
        self.launch_configurations: dict[str, Any] = {}
        self.is_shutdown = False
        self.asyncio_loop: asyncio.AbstractEventLoop | None = None
        self.events: deque[Event] = deque()
        self.event_handlers: deque[BaseEventHandler] = deque()
        self.pending: set[asyncio.Future[Any]] = set()
        self.guard = Guard()
        self.initial_environment = dict(os.environ)
        self._on_change: Callable[[], None] = lambda: None
        self._globals: dict[str, Any] = {}
        self._locals: list[dict[str, Any]] = [{}]
        self._saved_configurations: list[dict[str, Any]] = []
        self._saved_environments: list[dict[str, str]] = []

    @property
    def environment(self) -> MutableMapping[str, str]:
        """The environment that processes are started with: that of this process."""
        return os.environ

    @property
    def locals(self) -> Any:
        """Attributes of the current event: `event`, `current_launch_file_directory` and others."""
        return _Locals(**self.get_locals_as_dict())

    def get_locals_as_dict(self) -> dict[str, Any]:
        """Return what `locals` holds."""
        return {**self._globals, **self._locals[-1]}

    def extend_locals(self, extensions: dict[str, Any]) -> None:
        """Add to `locals` until the current event is handled."""
        self._locals[-1].update(extensions)

    def extend_globals(self, extensions: dict[str, Any]) -> None:
        """Add to `locals` for good."""
        self._globals.update(extensions)

    def push_locals(self) -> None:
        """Start a scope of `locals`."""
        self._locals.append(dict(self._locals[-1]))

    def pop_locals(self) -> None:
        """End the newest scope of `locals`."""
        self._locals.pop()

    def push_launch_configurations(self) -> None:
        """Remember the launch configurations."""
        self._saved_configurations.append(dict(self.launch_configurations))

    def pop_launch_configurations(self) -> None:
        """Return to the launch configurations that were remembered last."""
        if not self._saved_configurations:
            raise RuntimeError("launch_configurations stack unexpectedly empty")
        self.launch_configurations = self._saved_configurations.pop()

    def push_environment(self) -> None:
        """Remember the environment."""
        self._saved_environments.append(dict(self.environment))

    def pop_environment(self) -> None:
        """Return to the environment that was remembered last."""
        if not self._saved_environments:
            raise RuntimeError("environment stack unexpectedly empty")
        self.replace_environment(self._saved_environments.pop())

    def replace_environment(self, variables: dict[str, str]) -> None:
        """Make `variables` the whole environment."""
        self.environment.clear()
        self.environment.update(variables)

    def register_event_handler(self, event_handler: BaseEventHandler) -> None:
        """Ask `event_handler` first from now on."""
        self.event_handlers.appendleft(event_handler)

    def unregister_event_handler(self, event_handler: BaseEventHandler) -> None:
        """Stop asking `event_handler`.

        Raises:
            ValueError: It is not registered.
        """
        self.event_handlers.remove(event_handler)

    def would_handle_event(self, event: Event) -> bool:
        """Tell whether any handler reacts to `event`."""
        return any(handler.matches(event) for handler in self.event_handlers)

    def emit_event_sync(self, event: Event) -> None:
        """Queue `event`."""
        self.events.append(event)
        self._on_change()

    async def emit_event(self, event: Event) -> None:
        """Queue `event`."""
        self.emit_event_sync(event)

    def add_completion_future(self, completion_future: asyncio.Future[Any]) -> None:
        """Keep the launch service from being idle until `completion_future` is done."""
        self.pending.add(completion_future)
        completion_future.add_done_callback(lambda _: self._on_change())

    def attach(self, loop: asyncio.AbstractEventLoop | None, on_change: Callable[[], None]) -> None:
        """Run on `loop` and call `on_change` when an event is queued or something has ended."""
        self.asyncio_loop = loop
        self._on_change = on_change

    def perform_substitution(self, substitution: Substitution) -> str:
        """Return the text of `substitution`."""
        return substitution.perform(self)
