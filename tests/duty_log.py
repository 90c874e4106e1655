"""Every pulse that a fake car is told, in order and with its time: pipes for its duty files.

A plain file shows only its latest content; from a pipe nothing is lost, however late it is read.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duty_meter
from deepracer_car.pwm import PERIOD, Channel
from duty_meter import PULSE

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
        self.moments: list[Moment] = []
        """One for each pulse that was written to either, once both have one."""

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Motor and servo pulses [ns], if one program alone writes, always both."""
        return list(zip(*self._written.values()))

    def read(self, meter: IO[bytes]) -> None:
        """Note what the meter tells until it ends."""
        while measured := meter.read(PULSE.size):
            moment, number, pulse = PULSE.unpack(measured)
            self._written[CHANNELS[number]].append(pulse)
            if all(self._written.values()):
                latest = (self._written[channel][-1] for channel in CHANNELS)
                self.moments.append(Moment(moment, *latest))


@contextmanager
def log_duties(car: FakeCar) -> Iterator[DutyLog]:
    """Log what motor and servo are told; do this before, and end it after, whoever drives them."""
    log, pipes, ends = DutyLog(), [], []
    for channel in CHANNELS:
        folder = car.chip / f"pwm{int(channel)}"
        (folder / "period").write_text(f"{PERIOD}\n")
        (folder / "duty_cycle").unlink()
        os.mkfifo(folder / "duty_cycle")
        pipes.append(os.open(folder / "duty_cycle", os.O_RDONLY | os.O_NONBLOCK))
        ends.append(os.open(folder / "duty_cycle", os.O_WRONLY))  # so that it never runs dry
    command = [sys.executable, duty_meter.__file__, *map(str, pipes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=pipes) as meter:
        for pipe in pipes:
            os.close(pipe)
        assert meter.stdout is not None
        reader = threading.Thread(target=log.read, args=(meter.stdout,), daemon=True)
        reader.start()
        try:
            yield log
        finally:
            for end in ends:
                os.write(end, b"0\n")
            reader.join()
            for end in ends:
                os.close(end)
