"""A running process: its output as it comes, its end, and signals to it."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

_CHUNK = 65536  # bytes read at once: what a pipe holds
_LAST_CHUNKS = 16  # a child of an ended process may go on writing: do not read on for ever


@dataclass(frozen=True)
class Command:
    """What to start.

    Attributes:
        arguments: The executable and its arguments.
        cwd: Folder to start in, None for the present one.
        env: The whole environment.
        shell: Whether a shell reads the arguments, joined by spaces.
        emulate_tty: Whether output goes to a pseudo-terminal, so that the process prints each line
            at once and in colour.
    """

    arguments: list[str]
    cwd: str | None
    env: dict[str, str]
    shell: bool
    emulate_tty: bool


class Process:
    """A process in a session of its own, so that Ctrl-C in a terminal reaches the launcher only.

    The launcher passes it on to the process and its children, once: a node that is hit twice dies
    in the middle of its own shutdown. The price is that the process has no terminal to ask on.
    Needs Linux 5.3 or later (pidfd).
    """

    def __init__(self, command: Command, on_output: Callable[[int, bytes], None]) -> None:
        """Start `command` on the running event loop.

        Args:
            command: What to start.
            on_output: Called with 1 (stdout) or 2 (stderr) and the bytes written there.

        Raises:
            OSError: The executable or the folder does not exist, or cannot be used.
        """
        self._loop = asyncio.get_running_loop()
        self._on_output = on_output
        open_stream = _open_terminal if command.emulate_tty else os.pipe
        streams = {1: open_stream(), 2: open_stream()}
        self._readers = {reader: number for number, (reader, _) in streams.items()}
        writers = {number: writer for number, (_, writer) in streams.items()}
        try:
            self._popen = subprocess.Popen(
                " ".join(command.arguments) if command.shell else command.arguments,
                shell=command.shell,
                cwd=command.cwd,
                env=command.env,
                stdin=subprocess.PIPE,
                stdout=writers[1],
                stderr=writers[2],
                start_new_session=True,
            )
        except OSError:
            for reader in self._readers:
                os.close(reader)
            raise
        finally:
            for writer in writers.values():
                os.close(writer)
        self.pid = self._popen.pid
        self._ended: asyncio.Future[int] = self._loop.create_future()
        for reader in self._readers:
            os.set_blocking(reader, False)
            self._loop.add_reader(reader, self._read, reader)
        self._pidfd = os.pidfd_open(self.pid)
        self._loop.add_reader(self._pidfd, self._end)

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return not self._ended.done()

    async def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit code (-N after signal N), or None if `timeout` seconds pass before."""
        done, _ = await asyncio.wait([self._ended], timeout=timeout)
        return self._ended.result() if done else None

    def send(self, number: signal.Signals, *, group: bool) -> None:
        """Send a signal to the process, or to its group: also to children that did not leave it."""
        if self.running:  # not reaped, so that the pid is its own
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.pid, number)

    def _read(self, reader: int) -> bool:
        """Pass on what there is to read; return whether there may be more."""
        try:
            data = os.read(reader, _CHUNK)
        except BlockingIOError:
            return False
        except OSError:  # a pseudo-terminal ends with EIO
            data = b""
        if not data:
            self._close(reader)
            return False
        self._on_output(self._readers[reader], data)
        return True

    def _close(self, reader: int) -> None:
        self._loop.remove_reader(reader)
        del self._readers[reader]
        os.close(reader)

    def _end(self) -> None:
        """Pass on the last output and announce the exit code."""
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        for reader in list(self._readers):
            for _ in range(_LAST_CHUNKS):
                if not self._read(reader):
                    break
            if reader in self._readers:  # a child of the process holds the other end
                self._close(reader)
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        self._ended.set_result(self._popen.wait())


def _open_terminal() -> tuple[int, int]:
    """Return both ends of a pseudo-terminal that passes on bytes as they are."""
    reader, writer = pty.openpty()
    attributes = termios.tcgetattr(writer)
    attributes[1] &= ~termios.OPOST  # no carriage return before each newline
    termios.tcsetattr(writer, termios.TCSANOW, attributes)
    return reader, writer
