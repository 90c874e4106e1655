"""Events from processes (started, output, exited) and to processes (shut down, signal)."""

from __future__ import annotations

import signal as signals
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from launch._missing import missing_names
from launch.event import Event
from launch.utilities import ensure_argument_type

if TYPE_CHECKING:
    from launch.actions import ExecuteProcess

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = [
    "ProcessExited",
    "ProcessIO",
    "ProcessStarted",
    "ProcessStderr",
    "ProcessStdout",
    "ProcessTargetedEvent",
    "RunningProcessEvent",
    "ShutdownProcess",
    "SignalProcess",
    "matches_executable",
    "matches_name",
    "matches_pid",
]

__getattr__ = missing_names(__name__, ["ProcessStdin"])


class RunningProcessEvent(Event):
    """Base class: something that a running process did."""

    name = "launch.events.process.RunningProcessEvent"

    def __init__(
        self,
        *,
        action: ExecuteProcess,
        name: str,
        cmd: list[str],
        cwd: str | None,
        env: dict[str, str] | None,
        pid: int,
    ) -> None:
        """Keep the process' action, unique name, final command, folder, environment and pid."""
        self.action = action
        self.process_name = name
        self.cmd = cmd
        self.cwd = cwd
        self.env = env
        self.pid = pid


class ProcessStarted(RunningProcessEvent):
    """A process has started."""

    name = "launch.events.process.ProcessStarted"


class ProcessExited(RunningProcessEvent):
    """A process has ended."""

    name = "launch.events.process.ProcessExited"

    def __init__(self, *, returncode: int, **details: Any) -> None:
        """Keep the exit code; -N if signal N ended the process."""
        super().__init__(**details)
        self.returncode = returncode


class ProcessIO(RunningProcessEvent):
    """A process has written something."""

    name = "launch.events.process.ProcessIO"

    def __init__(self, *, text: bytes, fd: int, **details: Any) -> None:
        """Keep the bytes and the file descriptor they were written to: 1 stdout, 2 stderr."""
        super().__init__(**details)
        self.text = text
        self.from_stdin = False
        self.from_stdout = fd == 1
        self.from_stderr = fd == 2


class ProcessStdout(ProcessIO):
    """A process has written to its standard output."""

    name = "launch.events.process.ProcessStdout"

    def __init__(self, *, text: bytes, **details: Any) -> None:
        """Keep the bytes."""
        super().__init__(text=text, fd=1, **details)


class ProcessStderr(ProcessIO):
    """A process has written to its standard error."""

    name = "launch.events.process.ProcessStderr"

    def __init__(self, *, text: bytes, **details: Any) -> None:
        """Keep the bytes."""
        super().__init__(text=text, fd=2, **details)


class ProcessTargetedEvent(Event):
    """Base class: something to be done to the processes that `process_matcher` selects."""

    name = "launch.events.process.ProcessTargetedEvent"

    def __init__(self, *, process_matcher: Callable[[ExecuteProcess], bool]) -> None:
        """Keep the matcher."""
        self.process_matcher = process_matcher


class ShutdownProcess(ProcessTargetedEvent):
    """Processes are to be shut down: SIGINT, then SIGTERM, then SIGKILL."""

    name = "launch.events.process.ShutdownProcess"


class SignalProcess(ProcessTargetedEvent):
    """A signal is to be sent to processes."""

    name = "launch.events.process.SignalProcess"

    def __init__(
        self,
        *,
        signal_number: str | signals.Signals,
        process_matcher: Callable[[ExecuteProcess], bool],
    ) -> None:
        """Keep the signal, a `signal.Signals` or its name.

        Raises:
            TypeError: `signal_number` is neither.
        """
        super().__init__(process_matcher=process_matcher)
        ensure_argument_type(
            signal_number, (str, signals.Signals), "signal_number", "SignalProcess"
        )
        self.signal = signal_number

    @property
    def signal_name(self) -> str:
        """The name of the signal, for example SIGINT."""
        return self.signal if isinstance(self.signal, str) else self.signal.name


def matches_pid(pid: int) -> Callable[[ExecuteProcess], bool]:
    """Return a matcher of the process with this pid."""
    return lambda action: _detail(action, "pid") == pid


def matches_name(name: str) -> Callable[[ExecuteProcess], bool]:
    """Return a matcher of the process with this unique name, for example `talker-1`."""
    return lambda action: _detail(action, "name") == name


def matches_executable(executable: str) -> Callable[[ExecuteProcess], bool]:
    """Return a matcher of processes whose command starts with a path that ends in `executable`."""
    return lambda action: (_detail(action, "cmd") or [""])[0].endswith(executable)


def _detail(action: ExecuteProcess, key: str) -> Any:
    """Return a detail of the process of `action`, None before it has started."""
    return (action.process_details or {}).get(key)
