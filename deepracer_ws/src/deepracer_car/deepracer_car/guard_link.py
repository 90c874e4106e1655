"""The servo node's end of the guard: starts it, sends the heartbeat, notices when it is gone."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from deepracer_core.errors import GuardError

from deepracer_car.guard import BEAT, NOTHING_SET, READY, TRIPPED
from deepracer_car.pwm import Channel, Duties

TIMEOUT = 100_000_000
"""[ns] Silence of one side after which the other one stops the car: five heartbeats of 20 ms. The
car must stand 200 ms after its last good command. A period of a camera at 15 fps may have passed
before the silence began: that leaves 33 ms to scheduler and chip, 67 at 30 fps."""
START_PATIENCE = 10.0
"""[s] for the guard to get ready: a loaded Raspberry Pi starts Python in two."""
END_PATIENCE = 2.0
"""[s] for the guard to end when its pipe is closed."""


class GuardLink:
    """A running guard. Time is the monotonic clock."""

    def __init__(self, hardware: str, root: Path, neutral: Duties, timeout: int = TIMEOUT) -> None:
        """Start a guard and wait until it is ready.

        Args:
            hardware: Name of the hardware.
            root: Where it is looked for.
            neutral: Neutral pulses of motor and servo [ns].
            timeout: Silence after which either side stops the car [ns].

        Raises:
            GuardError: it does not get ready.
        """
        command = [sys.executable, "-m", "deepracer_car.guard"]
        options = {
            "hardware": hardware,
            "root": root,
            "motor": neutral[Channel.MOTOR],
            "servo": neutral[Channel.SERVO],
            "timeout": timeout,
        }
        command += [f"--{name}={value}" for name, value in options.items()]
        self._timeout = timeout
        self._watches = False  # the guard has been sent a heartbeat
        self._asked: int | None = None  # when the oldest one that it has not answered was sent
        # A session of its own, so that Ctrl-C in a terminal does not reach it.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._beats = self._process.stdin.fileno()
        self._answers = self._process.stdout.fileno()
        os.set_blocking(self._beats, False)
        os.set_blocking(self._answers, False)
        try:
            self._wait_until_ready()
        except GuardError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id of the guard."""
        return self._process.pid

    def beat(self, until: int = NOTHING_SET) -> None:
        """Tell the guard that the loop runs; call it from that loop. The first one makes it watch.

        Call it also after pulses were set, not before: whatever comes between, the guard then knows
        the older command, which ends earlier.

        Args:
            until: When neutral must be set in the place of the command that is set [ns].

        Raises:
            GuardError: the guard has ended, or reads no more.
        """
        try:
            os.write(self._beats, BEAT.pack(until))
        except OSError as error:
            raise self._gone(f"takes no heartbeat ({error.strerror})") from error
        self._watches = True
        if self._asked is None:
            self._asked = time.monotonic_ns()

    def check(self) -> None:
        """Make sure that the guard watches, before anything is done that relies on it.

        Raises:
            GuardError: it has stopped the car, has ended, or has fallen silent.
        """
        if not self._watches:
            self.beat()
            return
        now = time.monotonic_ns()
        try:
            answers = os.read(self._answers, 4096)
        except BlockingIOError:
            # Not since its last answer: this process may have been held up, and not the guard.
            silence = 0 if self._asked is None else now - self._asked
            if silence > self._timeout:
                raise self._gone(f"has not answered for {silence / 1e6:.0f} ms") from None
            return
        if not answers:
            raise self._gone("has ended")
        if TRIPPED in answers:
            raise GuardError(
                f"the guard has stopped the car, because no heartbeat came for "
                f"{self._timeout / 1e6:.0f} ms: look for what blocks or starves this node"
            )
        self._asked = None

    def close(self) -> None:
        """Let the guard make neutral and end; it is killed if it does not."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_PATIENCE)
            return
        self._process.kill()
        self._process.wait()

    def _wait_until_ready(self) -> None:
        ready, _, _ = select.select([self._answers], [], [], START_PATIENCE)
        if not ready:
            raise GuardError(f"the guard is not ready after {START_PATIENCE} s: lower the load")
        if os.read(self._answers, 1) != READY:
            raise self._gone("has ended at its start; its message above says why")

    def _gone(self, what: str) -> GuardError:
        return GuardError(f"the guard (process {self.pid}) {what}: the car is stopped; start again")
