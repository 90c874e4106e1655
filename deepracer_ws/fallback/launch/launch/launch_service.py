"""The event loop of a launch: visits descriptions, handles events and signals, shuts down."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from launch.event import Event
from launch.event_handler import as_list
from launch.event_handlers import OnIncludeLaunchDescription, OnShutdown
from launch.events import IncludeLaunchDescription, Shutdown
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.logging import get_logger, launch_config, log_launch_config

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)


class LaunchService:
    """Runs launch descriptions until everything in them has ended.

    Every signal that asks it to end (SIGINT, SIGTERM, SIGQUIT, SIGHUP) shuts the launched system
    down; no process outlives the run. Stock ROS 2 leaves processes behind on all but SIGINT.
    """

    def __init__(
        self,
        *,
        argv: Iterable[str] | None = None,
        noninteractive: bool = False,
        debug: bool = False,
    ) -> None:
        """Create a service that has nothing to do yet.

        Args:
            argv: Arguments that entities find in the context.
            noninteractive: Whether there is no terminal.
            debug: Whether to log what happens, with the tracebacks of errors in launch files.
        """
        launch_config.level = logging.DEBUG if debug else logging.INFO
        self._logger = get_logger("launch")
        self._debug = debug
        self._return_code = 0
        self._interrupted = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.context = LaunchContext(argv=argv, noninteractive=noninteractive)
        self.context.register_event_handler(OnIncludeLaunchDescription())
        self.context.register_event_handler(OnShutdown(on_shutdown=self._on_shutdown))

    def include_launch_description(self, launch_description: LaunchDescription) -> None:
        """Visit a description when the service runs; may be called from any thread."""
        self.emit_event(IncludeLaunchDescription(launch_description))

    def emit_event(self, event: Event) -> None:
        """Emit an event; may be called from any thread."""
        if self._loop is None:
            self.context.emit_event_sync(event)
        else:
            self._loop.call_soon_threadsafe(self.context.emit_event_sync, event)

    def shutdown(self) -> None:
        """Shut the launched system down if it runs; may be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(
                self._request_shutdown, "LaunchService.shutdown() called"
            )

    def run(self, *, shutdown_when_idle: bool = True) -> int:
        """Run until shut down, see `run_async`."""
        return asyncio.run(self.run_async(shutdown_when_idle=shutdown_when_idle), debug=self._debug)

    async def run_async(self, *, shutdown_when_idle: bool = True) -> int:
        """Run until shut down, or until nothing is left to do if `shutdown_when_idle`.

        Returns:
            0; or 1 if an exception occurred in the launch; or 128 + N after signal N other than
            SIGINT, as shells report it.

        Raises:
            RuntimeError: Not in the main thread, or the service runs already.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("LaunchService can only be run in the main thread.")
        if self._loop is not None:
            raise RuntimeError("LaunchService cannot be run multiple times concurrently.")
        self._return_code = 0
        self._interrupted = False
        with self._handle_signals(), self._attached():
            log_launch_config(logger=self._logger)
            await self._run_loop(shutdown_when_idle)
        return self._return_code

    async def _run_loop(self, shutdown_when_idle: bool) -> None:
        context = self.context
        while True:
            self._collect_ended()
            if context.events:
                self._handle(context.events.popleft())
                await asyncio.sleep(0)  # give signals, output and timers their turn
            elif context.pending or not (context.is_shutdown or shutdown_when_idle):
                await self._change.wait()
                self._change.clear()
            elif not context.is_shutdown:
                self._request_shutdown("idle")
            else:
                return

    def _collect_ended(self) -> None:
        """Forget what has ended; report the tasks that failed."""
        ended = [future for future in self.context.pending if future.done()]
        self.context.pending.difference_update(ended)
        for future in ended:
            error = None if future.cancelled() else future.exception()
            if error is not None:
                self._report(error)

    def _handle(self, event: Event) -> None:
        """Let all handlers react; one that fails does not keep the others from it."""
        self._logger.debug("processing event: '%s'", event)
        for handler in tuple(self.context.event_handlers):
            self.context.push_locals()
            try:
                if handler.matches(event):
                    self._visit_all(as_list(handler.handle(event, self.context)))
            except Exception as error:  # noqa: BLE001 - launch files may raise anything
                self._report(error)
            finally:
                self.context.pop_locals()

    def _report(self, error: BaseException) -> None:
        """Log an error and shut down because of it."""
        lines = traceback.format_exception(type(error), error, error.__traceback__)
        self._logger.debug("%s", "".join(lines))
        message = f"Caught exception in launch (see debug for traceback): {error}"
        self._logger.error("%s", message)
        self._return_code = 1
        self._request_shutdown(message)

    def _visit_all(self, entities: Iterable[LaunchDescriptionEntity]) -> None:
        for entity in entities:
            sub_entities = entity.visit(self.context)
            future = entity.get_asyncio_future()
            if future is not None:
                self.context.add_completion_future(future)
            self._visit_all(sub_entities or ())

    def _on_shutdown(self, event: Shutdown, context: LaunchContext) -> None:
        del event
        context.is_shutdown = True

    def _request_shutdown(self, reason: str, *, due_to_sigint: bool = False) -> None:
        if not self.context.is_shutdown:
            self.context.is_shutdown = True
            self.context.emit_event_sync(Shutdown(reason=reason, due_to_sigint=due_to_sigint))

    def _on_signal(self, number: signal.Signals) -> None:
        if number is not signal.SIGINT:
            self._logger.warning("received %s, shutting down", number.name)
            self._return_code = 128 + number
            self._request_shutdown(number.name)
        elif self._interrupted:
            self._logger.warning("user interrupted with ctrl-c (SIGINT) again, ignoring...")
        else:
            self._interrupted = True
            self._logger.warning("user interrupted with ctrl-c (SIGINT)")
            self._request_shutdown("ctrl-c (SIGINT)", due_to_sigint=True)

    @contextmanager
    def _attached(self) -> Iterator[None]:
        """Connect service and context to the running event loop; leave no process behind."""
        self._loop = asyncio.get_running_loop()
        self._change = asyncio.Event()
        self.context.attach(self._loop, self._change.set)
        try:
            yield
        finally:
            for pid in self.context.guard.leftovers():
                self._logger.warning("ending process [pid %s], which outlived its parent", pid)
            self.context.guard.end()
            self.context.attach(None, lambda: None)
            self.context.is_shutdown = False
            self._loop = None

    @contextmanager
    def _handle_signals(self) -> Iterator[None]:
        """Shut down on the signals that ask for it, except for a SIGHUP that `nohup` blocks."""
        loop = asyncio.get_running_loop()
        previous = {number: signal.getsignal(number) for number in _SIGNALS}
        if previous[signal.SIGHUP] is signal.SIG_IGN:
            del previous[signal.SIGHUP]
        for number in previous:
            loop.add_signal_handler(number, self._on_signal, number)
        previous[signal.SIGCHLD] = signal.getsignal(signal.SIGCHLD)
        loop.add_signal_handler(signal.SIGCHLD, self.context.guard.reap_orphans)
        try:
            yield
        finally:
            for number, handler in previous.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
