"""Keeps a terminal's Ctrl-C, which reaches every process, from those that their parent ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def ctrl_c_blocked() -> Iterator[None]:
    """Block SIGINT in this thread; processes started meanwhile inherit that, and keep it.

    They would otherwise die of it while they import, long before they can ignore it.
    """
    # The first process starts this one, too, which lets SIGINT through again when it is done.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
