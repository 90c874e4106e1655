"""Processes that are killed while they write, for the tests of atomicity."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from itertools import cycle


def in_a_child(action: Callable[[], object]) -> int:
    """Start `action` in a child that never comes back into the tests; return its process id."""
    child = os.fork()
    if child != 0:
        return child
    try:
        action()
        os._exit(0)
    finally:
        os._exit(1)


def was_killed(action: Callable[[], object]) -> bool:
    """Run `action` in a child; it must succeed or be killed."""
    status = os.waitstatus_to_exitcode(os.waitpid(in_a_child(action), 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


def kill_while_writing(writes: Iterable[Callable[[], object]], after: int) -> None:
    """Have a child do `writes` over and over, and kill it some moment after `after` of them."""
    reader, writer = os.pipe()

    def work() -> None:
        for write in cycle(writes):
            write()
            os.write(writer, b".")

    child = in_a_child(work)
    os.close(writer)
    for _ in range(after):
        assert os.read(reader, 1) == b"."
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
