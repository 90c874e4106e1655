"""Python functions, messages and timers in a launch description."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from launch.action import Action
from launch.condition import Condition
from launch.event_handler import EventHandler
from launch.event_handlers import OnShutdown
from launch.events import TimerEvent
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.logging import get_logger
from launch.some_substitutions_type import (
    SomeSubstitutionsType,
    SomeSubstitutionsType_types_tuple,
)
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution

_Entities = list[LaunchDescriptionEntity] | None


class OpaqueFunction(Action):
    """Calls `function(context, *args, **kwargs)` and visits the entities that it returns."""

    def __init__(
        self,
        *,
        function: Callable[..., _Entities],
        args: Iterable[Any] | None = None,
        kwargs: dict[str, Any] | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Keep the function and its arguments.

        Raises:
            TypeError: `function` is not callable, or the arguments are not an iterable and a dict.
        """
        super().__init__(condition=condition)
        if not callable(function):
            raise TypeError(
                f"OpaqueFunction expected a callable for 'function', got '{type(function)}'"
            )
        ensure_argument_type(args, (Iterable, type(None)), "args", "OpaqueFunction")
        ensure_argument_type(kwargs, (dict, type(None)), "kwargs", "OpaqueFunction")
        self._function = function
        self._args = () if args is None else tuple(args)
        self._kwargs = kwargs or {}

    def execute(self, context: LaunchContext) -> _Entities:
        """Call the function."""
        return self._function(context, *self._args, **self._kwargs)


class LogInfo(Action):
    """Logs a message."""

    def __init__(self, *, msg: SomeSubstitutionsType, condition: Condition | None = None) -> None:
        """Keep the message."""
        super().__init__(condition=condition)
        self.msg = normalize_to_list_of_substitutions(msg)

    def execute(self, context: LaunchContext) -> None:
        """Log it."""
        get_logger("launch.user").info("%s", perform_substitutions(context, self.msg))


class TimerAction(Action):
    """Visits its actions once, after a period, unless it is cancelled before."""

    def __init__(
        self,
        *,
        period: float | SomeSubstitutionsType,
        actions: Iterable[LaunchDescriptionEntity],
        cancel_on_shutdown: bool | SomeSubstitutionsType = True,
        condition: Condition | None = None,
    ) -> None:
        """Keep the period [s] and the actions.

        Raises:
            TypeError: `period` is neither a float nor a substitution; ROS 2 refuses an int too.
        """
        super().__init__(condition=condition)
        ensure_argument_type(
            period, (*SomeSubstitutionsType_types_tuple, float), "period", "TimerAction"
        )
        ensure_argument_type(actions, Iterable, "actions", "TimerAction")
        if isinstance(period, str):
            warnings.warn(
                "The parameter 'period' must be a float or substitution, "
                "passing a string literal was deprecated",
                stacklevel=2,
            )
            period = float(period)
        self.period = normalize_typed_substitution(period, float)
        self.actions = list(actions)
        self._cancel_on_shutdown = normalize_typed_substitution(cancel_on_shutdown, bool)
        self._cancelled = False
        self._locals: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._done: asyncio.Future[None] | None = None

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Return the actions."""
        return [(f"{self.period} seconds pass without being canceled", self.actions)]

    def cancel(self) -> None:
        """Do not visit the actions, whether the timer has been started or not."""
        self._cancelled = True
        if self._timer is not None:
            self._timer.cancel()
        self._finish()

    def execute(self, context: LaunchContext) -> None:
        """Start the timer."""
        if self._cancelled:
            return
        assert context.asyncio_loop is not None  # actions are executed while the service runs
        self._locals = context.get_locals_as_dict()
        self._done = context.asyncio_loop.create_future()
        period = perform_typed_substitution(context, self.period, float)
        self._timer = context.asyncio_loop.call_later(period, self._fire, context)
        context.register_event_handler(
            EventHandler(matcher=self._is_mine, entities=OpaqueFunction(function=self._react))
        )
        if perform_typed_substitution(context, self._cancel_on_shutdown, bool):
            context.register_event_handler(OnShutdown(on_shutdown=lambda *_: self.cancel()))

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return what is done when the timer has fired or was cancelled."""
        return self._done

    def _is_mine(self, event: object) -> bool:
        return isinstance(event, TimerEvent) and event.timer_action is self

    def _react(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        context.extend_locals(self._locals)
        return self.actions

    def _fire(self, context: LaunchContext) -> None:
        context.emit_event_sync(TimerEvent(timer_action=self))
        self._finish()

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)
