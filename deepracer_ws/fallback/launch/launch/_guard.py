"""No launched process outlives its launcher, however either of them ends.

Every launched process carries a mark in its environment, which its own children inherit, also
those that leave its process group or its session. When the launcher ends, whatever still carries
the mark is ended. A launcher that is killed cannot do that itself: a small watcher process does,
woken by the end of a pipe that only the launcher holds. This file is also the watcher's program.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

# Seconds from one signal to the next: those of the launch system where the launcher was killed, and
# less for what has outlived a normal shutdown.
_WATCHER_GRACE = 5.0
_LEFTOVER_GRACE = 1.0
_POLL = 0.05  # [s]


class Guard:
    """Marks processes and ends all that are marked."""

    def __init__(self) -> None:
        """Choose a mark; nothing is started before it is used."""
        self._mark = f"LAUNCH_GUARD_{uuid.uuid4().hex}"
        self._watcher: subprocess.Popen[bytes] | None = None

    def mark(self, environment: dict[str, str]) -> dict[str, str]:
        """Return `environment` with the mark, and start to watch over what carries it."""
        if self._watcher is None:
            self._watcher = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, self._mark],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        return {**environment, self._mark: "1"}

    def leftovers(self) -> list[int]:
        """Return the pids of the marked processes that do not end by themselves in a moment.

        What was signalled together with its parent may still be busy with its own shutdown.
        """
        if self._watcher is None:
            return []
        deadline = time.monotonic() + _LEFTOVER_GRACE
        while (running := _marked(self._mark)) and time.monotonic() < deadline:
            time.sleep(_POLL)
        return running

    def end(self) -> None:
        """End what is left of the marked processes, and the watcher."""
        if self._watcher is None:
            return
        _end_marked(self._mark, _LEFTOVER_GRACE)
        self._watcher.kill()
        self._watcher.communicate()
        self._watcher = None


def _marked(mark: str) -> list[int]:
    """Return the pids of the running processes with `mark` in their environment."""
    variable = mark.encode() + b"=1"
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end while we look, and those of other users are not ours to read.
        with suppress(OSError):
            if variable in (folder / "environ").read_bytes().split(b"\0"):
                pids.append(int(folder.name))
    return pids


def _end_marked(mark: str, grace: float) -> None:
    """Send SIGINT, SIGTERM and SIGKILL to the marked processes, `grace` seconds apart."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        signalled: set[int] = set()
        deadline = time.monotonic() + grace
        while running := _marked(mark):
            for pid in set(running) - signalled:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)
            signalled.update(running)
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL)
        else:
            return


def main() -> None:
    """Wait for the launcher's end, then end the processes with the mark in the first argument."""
    sys.stdin.buffer.read()
    _end_marked(sys.argv[1], _WATCHER_GRACE)


if __name__ == "__main__":
    main()
