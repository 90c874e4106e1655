"""Every pulse that a fake car is told, in order and with its time: pipes for its duty files.

A plain file shows only its latest content; from a pipe nothing is lost, however late it is read.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deepracer_car.pwm import PERIOD, Channel

sys.path.append(str(Path(__file__).parents[1] / "deepracer_ws/src/deepracer_car/test"))
from fake_car import FakeCar

CHANNELS = (Channel.MOTOR, Channel.SERVO)


@dataclass(frozen=True)
class Moment:
    """What motor and servo make from a time on."""

    time: int
    """By the monotonic clock [ns]."""
    motor: int
    """Pulse [ns]."""
    servo: int
    """Pulse [ns]."""


class DutyLog:
    """What was written to motor and servo so far."""

    def __init__(self) -> None:
        self._written: dict[Channel, list[int]] = {channel: [] for channel in CHANNELS}
        self._lock = threading.Lock()
        self.moments: list[Moment] = []
        """One for each pulse that was written to either, once both have one."""

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Motor and servo pulses [ns], if one program alone writes, always both."""
        return list(zip(*self._written.values()))

    def read(self, channel: Channel, pipe: int) -> None:
        """Note what comes through a pipe until it says 0."""
        with os.fdopen(pipe) as lines:
            for line in lines:
                if int(line) == 0:
                    return
                with self._lock:
                    self._written[channel].append(int(line))
                    if all(self._written.values()):
                        latest = (self._written[channel][-1] for channel in CHANNELS)
                        self.moments.append(Moment(time.monotonic_ns(), *latest))


@contextmanager
def log_duties(car: FakeCar) -> Iterator[DutyLog]:
    """Log what motor and servo are told; do this before, and end it after, whoever drives them."""
    log, threads, ends = DutyLog(), [], []
    for channel in CHANNELS:
        folder = car.chip / f"pwm{int(channel)}"
        (folder / "period").write_text(f"{PERIOD}\n")
        (folder / "duty_cycle").unlink()
        os.mkfifo(folder / "duty_cycle")
        pipe = os.open(folder / "duty_cycle", os.O_RDONLY | os.O_NONBLOCK)
        ends.append(os.open(folder / "duty_cycle", os.O_WRONLY))  # so that it never runs dry
        os.set_blocking(pipe, True)
        threads.append(threading.Thread(target=log.read, args=(channel, pipe), daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield log
    finally:
        for end, thread in zip(ends, threads):
            os.write(end, b"0\n")
            thread.join()
            os.close(end)
