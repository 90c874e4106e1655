"""The life of a launched process: start, output, end, respawn, and shutdown."""

from __future__ import annotations

import asyncio
import signal
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from launch._output import LineSplitter
from launch._process import Command, Process
from launch.event import Event
from launch.event_handler import BaseEventHandler
from launch.events import Shutdown
from launch.events.process import (
    ProcessExited,
    ProcessStarted,
    ProcessStderr,
    ProcessStdout,
    ShutdownProcess,
    SignalProcess,
)
from launch.logging import get_logger, get_output_loggers

if TYPE_CHECKING:
    from launch.actions import ExecuteProcess
    from launch.launch_context import LaunchContext


@dataclass(frozen=True)
class RunSettings:
    """How to run a process.

    Attributes:
        name: Unique name, for example `talker-1`.
        command: What to start.
        output: Where output goes, see `launch.logging.get_output_loggers`.
        log_cmd: Whether to log the command.
        respawn: Whether to start the process again when it ends.
        respawn_delay: Time before that [s].
        respawn_max_retries: How often; negative means without end.
        sigterm_timeout: Time from SIGINT to SIGTERM [s].
        sigkill_timeout: Time from SIGTERM to SIGKILL [s].
    """

    name: str
    command: Command
    output: str | dict[str, Any]
    log_cmd: bool
    respawn: bool
    respawn_delay: float
    respawn_max_retries: int
    sigterm_timeout: float
    sigkill_timeout: float


class ProcessRun:
    """Runs a process until it ends for good.

    Attributes:
        details: action, name, cmd, cwd, env and, once the process has started, pid.
        return_code: The exit code, -N after signal N; None before the process has ended.
    """

    def __init__(
        self, action: ExecuteProcess, settings: RunSettings, context: LaunchContext
    ) -> None:
        """Listen to the events that concern `action`; nothing is started yet."""
        command = settings.command
        self.details: dict[str, Any] = {
            "action": action,
            "name": settings.name,
            "cmd": command.arguments,
            "cwd": command.cwd,
            "env": command.env,
        }
        self.return_code: int | None = None
        self._action = action
        self._settings = settings
        self._context = context
        self._logger = get_logger(settings.name)
        stdout, stderr = get_output_loggers(settings.name, settings.output)
        self._splitters = {
            1: LineSplitter(lambda line: stdout.info(f"[{settings.name}] {line}")),
            2: LineSplitter(lambda line: stderr.info(f"[{settings.name}] {line}")),
        }
        self._process: Process | None = None
        self._stop = asyncio.Event()
        context.register_event_handler(_Listener(self))

    async def run(self) -> None:
        """Start the process, again and again if it is to respawn, and return after its last end."""
        retries = self._settings.respawn_max_retries
        while (process := self._start()) is not None:
            self.return_code = await process.wait()
            self._report_end(process)
            if not self._settings.respawn or retries == 0:
                return
            retries -= 1
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), self._settings.respawn_delay)

    def concerns(self, event: Event) -> bool:
        """Tell whether `event` asks for something to be done to this process."""
        if isinstance(event, (ShutdownProcess, SignalProcess)):
            return event.process_matcher(self._action)
        return isinstance(event, Shutdown)

    def obey(self, event: Event) -> None:
        """Do what `event` asks for.

        Raises:
            RuntimeError: A signal is to be sent before the process has started.
        """
        if isinstance(event, SignalProcess):
            if self._process is None:
                raise RuntimeError("Signal event received before subprocess transport available.")
            self._send(self._process, signal.Signals[event.signal_name], group=False)
        elif not self._stop.is_set():
            self._stop.set()
            if self._process is not None and self._process.running:
                end = asyncio.ensure_future(self._end(self._process))
                self._context.add_completion_future(end)

    def _start(self) -> Process | None:
        """Start the process unless it is not wanted any more or cannot be started."""
        if self._stop.is_set() or self._context.is_shutdown:
            return None
        command = self._settings.command
        if self._settings.log_cmd:
            self._logger.info(
                "process details: cmd='%s', cwd='%s', custom_env?=True",
                _join(command.arguments),
                command.cwd,
            )
        guarded = replace(command, env=self._context.guard.mark(command.env))
        try:
            process = Process(guarded, self._on_output)
        except (OSError, ValueError):
            self._logger.error(  # noqa: TRY400 - in the words of ROS 2
                "exception occurred while executing process:\n%s", traceback.format_exc()
            )
            return None
        self._context.guard.know(process.pid)
        self._process = process
        self.details["pid"] = process.pid
        self._logger.info("process started with pid [%s]", process.pid)
        self._context.emit_event_sync(ProcessStarted(**self.details))
        return process

    def _on_output(self, stream: int, data: bytes) -> None:
        self._splitters[stream].feed(data)
        event_class = ProcessStdout if stream == 1 else ProcessStderr
        event = event_class(text=data, **self.details)
        if self._context.would_handle_event(event):
            self._context.emit_event_sync(event)

    def _report_end(self, process: Process) -> None:
        for splitter in self._splitters.values():
            splitter.flush()
        if self.return_code == 0:
            self._logger.info("process has finished cleanly [pid %s]", process.pid)
        else:
            self._logger.error(
                "process has died [pid %s, exit code %s, cmd '%s'].",
                process.pid,
                self.return_code,
                _join(self._settings.command.arguments),
            )
        assert self.return_code is not None
        self._context.emit_event_sync(ProcessExited(returncode=self.return_code, **self.details))

    async def _end(self, process: Process) -> None:
        """Ask the process to end, first politely."""
        first, second = self._settings.sigterm_timeout, self._settings.sigkill_timeout
        self._send(process, signal.SIGINT, group=True)
        if await process.wait(first) is not None:
            return
        self._log_escalation(f"{first:g}", signal.SIGINT, signal.SIGTERM)
        self._send(process, signal.SIGTERM, group=True)
        if await process.wait(second) is not None:
            return
        self._log_escalation(str(first + second), signal.SIGTERM, signal.SIGKILL)
        self._send(process, signal.SIGKILL, group=True)

    def _send(self, process: Process, number: signal.Signals, *, group: bool) -> None:
        self._logger.info("sending signal '%s' to process[%s]", number.name, self._settings.name)
        try:
            process.send(number, group=group)
        except PermissionError:
            self._logger.error("not allowed to signal process[%s]", self._settings.name)  # noqa: TRY400

    def _log_escalation(
        self, seconds: str, received: signal.Signals, following: signal.Signals
    ) -> None:
        self._logger.error(
            "process[%s] failed to terminate '%s' seconds after receiving '%s', escalating to '%s'",
            self._settings.name,
            seconds,
            received.name,
            following.name,
        )


class _Listener(BaseEventHandler):
    """Passes events on to a run."""

    def __init__(self, run: ProcessRun) -> None:
        super().__init__(matcher=run.concerns)
        self._run = run

    def handle(self, event: Event, context: LaunchContext) -> None:
        """Let the run obey."""
        super().handle(event, context)
        self._run.obey(event)


def _join(arguments: list[str]) -> str:
    return " ".join(part for part in arguments if part.strip())
