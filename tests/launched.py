"""`ros2 launch` as a user runs it, with nothing left behind: for whole-graph tests."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import re
import signal
import subprocess
import termios
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import launch
import pytest

WAIT = 60.0  # [s] until a test gives up; a busy machine may need seconds for a start
LAUNCH_IS_STOCK = Path(__file__).parents[1] not in Path(launch.__file__).resolve().parents
ENDING_SIGNALS = [
    signal.SIGINT,
    pytest.param(
        signal.SIGTERM,
        marks=pytest.mark.skipif(
            LAUNCH_IS_STOCK, reason="stock ros2 launch leaves its children behind on SIGTERM"
        ),
    ),
]
NODE_COMMAND = re.compile(r"/lib/[^/ ]+/([^/ ]+) ")  # <prefix>/lib/<package>/<executable>
MARK = "DEEPRACER_TEST_LAUNCH"


def _take_terminal() -> None:
    """Make standard input the controlling terminal of this session, as a shell finds it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Launched:
    """A running `ros2 launch`; a context manager that kills whatever is left of it.

    Every process that it starts, however deep, inherits a mark in its environment, by which
    `processes` finds it even when it has left its parent and its process group.
    """

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        terminal: int | None = None,
    ) -> None:
        """Start `ros2 launch` with these arguments and additional environment variables.

        Args:
            arguments: of the command.
            environment: additional variables.
            folder: to start it in.
            terminal: descriptor of the terminal that it is started from, if any.
        """
        self._mark = f"{MARK}={uuid.uuid4().hex}".encode()
        name, value = self._mark.decode().split("=")
        self.process = subprocess.Popen(
            ["ros2", "launch", *arguments],
            env={**os.environ, **(environment or {}), name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            stdin=terminal,
            start_new_session=True,
            preexec_fn=None if terminal is None else _take_terminal,
        )
        self.output = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        assert self.process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,))
        self._reader.start()

    def __enter__(self) -> Launched:
        return self

    def __exit__(self, *exception: object) -> None:
        while left := self.processes():  # again: the launch may have started one meanwhile
            for pid in left:
                with contextlib.suppress(ProcessLookupError):  # it ended with the one killed before
                    os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()

    def press_ctrl_c(self) -> None:
        """Do what a terminal does: send SIGINT to `ros2 launch` and to all of its process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, text: str, patience: float = WAIT) -> None:
        """Wait until the output holds the text.

        Args:
            text: part of a line.
            patience: time [s] without a further line until a test gives up.
        """
        while text not in self.output:
            line = self._lines.get(timeout=patience)
            assert line is not None, f"ended without saying {text!r}:\n{self.output}"
            self.output += line

    def wait_for_end(self, patience: float = WAIT) -> int:
        """Wait until it has ended and all its output is read; return the exit status.

        Args:
            patience: time [s] until a test gives up.
        """
        status = self.process.wait(patience)
        while (line := self._lines.get(timeout=WAIT)) is not None:
            self.output += line
        return status

    def processes(self) -> dict[int, str]:
        """Process ids and command lines of all that this launch started and that still run."""
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                if self._mark in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(folder.name)] = command.decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # has just ended, or belongs to somebody else
        return found

    def nodes(self) -> dict[str, int]:
        """Process ids of the nodes that run, by the name of their executable."""
        return {
            found.group(1): pid
            for pid, command in self.processes().items()
            if (found := NODE_COMMAND.search(command))
        }
