"""The guard: a process beside the servo node that makes the car stand when the node cannot.

A PWM chip goes on with its last pulses for ever, whatever happens to the program that set them. So
the servo node starts this process and sends it a heartbeat through a pipe, from the same loop that
handles commands; the guard answers each one through another pipe. A heartbeat says until when the
command holds that is set. The guard has the PWM chip open, and knows its neutral pulses, from the
start. It uses neither ROS nor any other library that is heavy.

| what fails                       | who notices, how               | what happens                 |
|----------------------------------|--------------------------------|------------------------------|
| servo node killed or crashed     | guard: its pipe is closed      | neutral at once, guard ends  |
| servo node late to end a command | guard: it holds no longer      | neutral, until the node's    |
|                                  |                                | next heartbeat says more     |
| servo node stopped or swapped out| guard: no heartbeat in time    | neutral, again and again,    |
| its loop blocked or starved      | (the same)                     | until the servo node ends    |
| it runs again after that         | node: the guard says TRIPPED   | it makes neutral and ends    |
| the same while the car stands in | guard: no heartbeat in time    | neutral, again and again,    |
| neutral                          |                                | until the next heartbeat     |
| guard killed or crashed          | node: its pipe is closed       | it makes neutral and ends    |
| guard stopped or starved         | node: no answer in time        | it makes neutral and ends    |
| Ctrl-C or SIGTERM to both        | the guard ignores it           | the node ends in order, then |
|                                  |                                | its pipe is closed           |
| the chip refuses neutral         | guard: the error               | it tries again and again     |
| both killed at the same moment   | nobody                         | the last pulses stay (*)     |

(*) Whoever starts the node can run the guard once more after it: with an empty standard input it
makes neutral and ends (ExecStopPost of systemd).

Order at the start: the node claims the chip and makes neutral, then starts the guard, then waits
until that has made neutral too and says READY, then lets pulses through and listens to commands. A
guard that has stopped the car once never takes it back; the node is started anew, with a new guard,
and drives only after the gate was STOPPED (`actuation`). Where the last heartbeat said that neutral
was set there was no car to stop: a busy machine that holds up a car which stands ends nothing.

Both processes write the same two numbers, each by one system call, so that there is nothing to
lock. A node that was stopped between decision and write may still set one old pulse when it runs
again: the guard, which repeats neutral every 20 ms, takes it back.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deepracer_core.errors import HardwareError

from deepracer_car.hardware import HARDWARE, find_hardware
from deepracer_car.pwm import Channel, Duties, Pwm

READY, ALIVE, TRIPPED = b"r", b".", b"!"
"""The guard's answers: it is ready, it hears, it has stopped a car that drove for good."""

BEAT = struct.Struct("<q")
"""A heartbeat: until when the command holds that is set [ns], `NOTHING_SET` in neutral."""
NOTHING_SET = 0

MANY_BEATS = 512 * BEAT.size
"""[bytes] read at once; a heartbeat is written whole, so that none is cut."""

REPEAT = 20_000_000
"""[ns] between two neutral pulses that are set while the servo node does not set them."""
PRIORITY = 10
"""Real-time priority, where the system grants it: above all that is not real-time."""
LAST_TRIES = 50
"""Attempts, `REPEAT` apart, to set neutral after the servo node has ended."""


class Guard:
    """What the guard does when; times are integers [ns] of a clock that never jumps.

    It watches from the first heartbeat on: before that the car is in neutral anyway.
    """

    def __init__(self, timeout: int) -> None:
        """Wait for the first heartbeat.

        Args:
            timeout: Silence [ns] after which the car is stopped.
        """
        self._timeout = timeout
        self._heard: int | None = None
        self._until = NOTHING_SET
        self._next = 0  # when neutral is set again
        self.silence: int | None = None
        """Silence [ns] after which a car that drove was stopped; None: none was. It stays so."""

    def hear(self, now: int, until: int) -> bytes:
        """Take a heartbeat and return the answer; too late for a car that drove, it is in vain.

        Args:
            now: Time [ns].
            until: When the command that is set has to be replaced [ns], or `NOTHING_SET`.
        """
        if self._is_stopped(now):
            return TRIPPED
        self._heard = now
        self._until = until
        return ALIVE

    def must_stop_car(self, now: int) -> bool:
        """Whether neutral has to be set now."""
        is_due = self._is_stopped(now) or self._is_late(now) or self._is_expired(now)
        if not is_due or now < self._next:
            return False
        self._next = now + REPEAT
        return True

    def patience(self, now: int) -> float | None:
        """How long nothing has to be done [s], if no heartbeat comes; None: for ever."""
        if self._heard is None:
            return None
        end = self._heard + self._timeout
        if self._until != NOTHING_SET:
            end = min(end, self._until)
        return max(end + 1 - now, self._next - now, 0) / 1e9

    def _is_stopped(self, now: int) -> bool:
        """Whether the car is stopped for good; notice silence while it drives."""
        if self.silence is None and self._until != NOTHING_SET and self._is_late(now):
            self.silence = self._silence(now)
        return self.silence is not None

    def _is_late(self, now: int) -> bool:
        return self._silence(now) > self._timeout

    def _silence(self, now: int) -> int:
        """How long no heartbeat has come [ns]; 0 before the first one."""
        return 0 if self._heard is None else now - self._heard

    def _is_expired(self, now: int) -> bool:
        return self._until != NOTHING_SET and now > self._until


def watch(guard: Guard, beats: int, answers: int, make_neutral: Callable[[], object]) -> None:
    """Watch until the pipe of heartbeats is closed, and make neutral when they fail to come.

    Args:
        guard: Decides.
        beats: Descriptor of the pipe that heartbeats come from.
        answers: Descriptor of the pipe that answers go to.
        make_neutral: Sets neutral pulses.
    """
    told = False
    while True:
        ready, _, _ = select.select([beats], [], [], guard.patience(time.monotonic_ns()))
        now = time.monotonic_ns()
        if ready:
            heard = os.read(beats, MANY_BEATS)
            if not heard:
                return
            (until,) = BEAT.unpack(heard[-BEAT.size :])
            _answer(answers, guard.hear(now, until))
        if guard.must_stop_car(now):
            make_neutral()
            if guard.silence is not None:
                _answer(answers, TRIPPED)
        if guard.silence is not None and not told:
            told = True
            _tell(f"stopped the car after {guard.silence / 1e6:.1f} ms without a heartbeat")


class Neutral:
    """Sets neutral pulses; a channel that refuses does not keep the other from being set."""

    def __init__(self, pwm: Pwm, neutral: Duties) -> None:
        """Take the open chip and the pulses."""
        self._pwm = pwm
        self._neutral = neutral
        self._told: list[str] = []

    def make(self) -> bool:
        """Set all; return whether that went well. A failure is told once, until it changes."""
        failures = [*filter(None, map(self._set, self._neutral))]
        if failures and failures != self._told:
            _tell("\n".join(failures))
        self._told = failures
        return not failures

    def _set(self, channel: Channel) -> str:
        """Set one channel; return what is wrong, or an empty string."""
        try:
            self._pwm.write(channel, self._neutral[channel])
        except HardwareError as error:
            return str(error)
        return ""


def _answer(answers: int, byte: bytes) -> None:
    """Answer, if anybody listens and has read the former answers."""
    with contextlib.suppress(BlockingIOError, BrokenPipeError):
        os.write(answers, byte)


def _tell(message: str) -> None:
    with contextlib.suppress(OSError):  # nobody may read it any longer
        print(f"[ERROR] guard: {message}", file=sys.stderr, flush=True)


def _take_priority() -> None:
    """Run before everything that is not real-time, where the system grants it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Guards the car; the servo node starts it.")
    parser.add_argument("--hardware", choices=list(HARDWARE), required=True)
    parser.add_argument("--root", type=Path, required=True, help="where the hardware is looked for")
    for name in ("--motor", "--servo", "--timeout"):
        parser.add_argument(name, type=int, required=True, help="neutral pulse or silence [ns]")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Guard by standard input and output until standard input is closed; return the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    options = _parse(arguments)
    neutral = {Channel.MOTOR: options.motor, Channel.SERVO: options.servo}
    pwm = find_hardware(options.hardware, options.root).pwm
    try:
        pwm.open(neutral, exclusive=False)
    except HardwareError as error:
        _tell(str(error))
        return 1
    _take_priority()
    beats, answers = sys.stdin.fileno(), sys.stdout.fileno()
    os.set_blocking(answers, False)
    os.write(answers, READY)
    make_neutral = Neutral(pwm, neutral).make
    watch(Guard(options.timeout), beats, answers, make_neutral)
    for _ in range(LAST_TRIES):
        if make_neutral():
            return 0
        time.sleep(REPEAT / 1e9)
    return 1


if __name__ == "__main__":
    sys.exit(main())
