"""No launched process outlives its launcher, however either of them ends.

Every launched process carries a mark in its environment, which its own children inherit, also
those that leave its process group or its session. When the launcher ends, whatever still carries
the mark is ended. A launcher that is killed cannot do that itself: a small watcher process does,
woken by the end of a pipe that only the launcher holds. This file is also the watcher's program.

A process may drop the mark (`env -i`). So the launcher is also the parent of every process that
loses its own during the launch, in place of init, and ends those children.

Limits: what dropped the mark outlives a launcher that is killed; what runs as another user (`sudo`)
can be ended by root only; and of two launch services in one program the first to end takes the
orphans of the other with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

# Seconds from one signal to the next: those of the launch system where the launcher was killed, and
# less for what has outlived a normal shutdown.
_WATCHER_GRACE = 5.0
_LEFTOVER_GRACE = 1.0
_POLL = 0.05  # [s]
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

# The pids of the children that guards know of; they are waited for elsewhere.
_known: set[int] = set()


class Guard:
    """Marks processes and ends all that are marked, and the orphans among their descendants."""

    def __init__(self) -> None:
        """Choose a mark; nothing is started before it is used."""
        self._mark = f"LAUNCH_GUARD_{uuid.uuid4().hex}"
        self._watcher: subprocess.Popen[bytes] | None = None
        self._old_sessions: set[int] = set()

    def mark(self, environment: dict[str, str]) -> dict[str, str]:
        """Return `environment` with the mark, and start to watch over what carries it."""
        if self._watcher is None:
            # Launched processes get new sessions: who is in an old one is not ours to end.
            self._old_sessions = {session for _, _, session in _processes()}
            _adopt_orphans(True)
            self._watcher = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, self._mark],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self.know(self._watcher.pid)
        return {**environment, self._mark: "1"}

    def know(self, pid: int) -> None:
        """Leave it to others to wait for the child `pid`: it is no orphan."""
        _known.add(pid)

    def reap_orphans(self) -> list[int]:
        """Return the pids of the orphans that still run; nobody else waits for those that ended.

        A child that the program itself puts into a session of its own counts as one of them.
        """
        if self._watcher is None:
            return []
        return [
            pid
            for pid, parent, session in _processes()
            if parent == os.getpid() and pid not in _known and session not in self._old_sessions
            if not _reap(pid)
        ]

    def leftovers(self) -> set[int]:
        """Return the pids of the processes that do not end by themselves in a moment.

        What was signalled together with its parent may still be busy with its own shutdown.
        """
        deadline = time.monotonic() + _LEFTOVER_GRACE
        while (running := self._running()) and time.monotonic() < deadline:
            time.sleep(_POLL)
        return running

    def end(self) -> None:
        """End what is left of the processes, and the watcher."""
        if self._watcher is None:
            return
        _end(self._running, _LEFTOVER_GRACE)
        _adopt_orphans(False)
        self._watcher.kill()
        self._watcher.communicate()
        self._watcher = None

    def _running(self) -> set[int]:
        return {*_marked(self._mark), *self.reap_orphans()}


def _adopt_orphans(adopt: bool) -> None:
    """Make this process the parent of the descendants that lose theirs, or leave that to init."""
    import ctypes  # the watcher does without

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def _reap(pid: int) -> bool:
    """Tell whether a child has ended, and let go of it if so."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:  # another thread was quicker
        return True


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield the pid, the parent and the session of every process."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            # PID (NAME) STATE PARENT GROUP SESSION ...; the name may hold anything.
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            yield int(folder.name), int(fields[1]), int(fields[3])


def _marked(mark: str) -> set[int]:
    """Return the pids of the running processes with `mark` in their environment."""
    variable = mark.encode() + b"=1"
    pids = set()
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end while we look, and those of other users are not ours to read.
        with suppress(OSError):
            if variable in (folder / "environ").read_bytes().split(b"\0"):
                pids.add(int(folder.name))
    return pids


def _end(find: Callable[[], set[int]], grace: float) -> None:
    """Send SIGINT, SIGTERM and SIGKILL to the processes that `find` returns, `grace` s apart."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        signalled: set[int] = set()
        deadline = time.monotonic() + grace
        while running := find():
            for pid in running - signalled:
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
    _end(lambda: _marked(sys.argv[1]), _WATCHER_GRACE)


if __name__ == "__main__":
    main()
