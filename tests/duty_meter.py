"""Tells when pulses were written: a process of its own, which runs before everything it measures.

    python duty_meter.py MOTOR SERVO

reads the lines that come through these two descriptors, and writes `PULSE` for each one to standard
output, until both say 0 or nobody is left who writes. In the process of the tests it would wait for
the interpreter, and tell times that are late by as much.
"""

from __future__ import annotations

import contextlib
import os
import select
import struct
import sys
import time

PULSE = struct.Struct("<qqq")
"""Time by the monotonic clock [ns], number of the descriptor (0: motor, 1: servo), pulse [ns]."""
PRIORITY = 50
"""Real-time priority, where the system grants it: above the guard's."""


def main() -> None:
    """Measure."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    pipes = {int(word): number for number, word in enumerate(sys.argv[1:])}
    rest = dict.fromkeys(pipes, b"")
    while pipes:
        ready, _, _ = select.select([*pipes], [], [])
        for pipe in ready:
            read = os.read(pipe, 4096)
            now = time.monotonic_ns()
            if not read:  # who started this was killed
                return
            text = rest[pipe] + read
            *lines, rest[pipe] = text.split(b"\n")
            number = pipes[pipe]
            for line in lines:
                if int(line) == 0:
                    del pipes[pipe]
                    break
                os.write(sys.stdout.fileno(), PULSE.pack(now, number, int(line)))


if __name__ == "__main__":
    main()
