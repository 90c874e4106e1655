"""The parent's side of a reward child: exchange one message with it, and never trust it."""

from __future__ import annotations

import contextlib
import marshal
import os
import select
import signal
import time
import weakref
from collections.abc import Mapping
from typing import Any

from deepracer_core.errors import RewardSandboxError
from deepracer_core.reward import frames, problem
from deepracer_core.reward.child import ASK_FOR_LINE
from deepracer_core.reward.problem import Problem
from deepracer_core.reward.spawn import end, exit_status, spawn

_MAX_OUTPUT = 64 * 1024  # the end of what the function printed [bytes]
_MAX_LAST_WORDS = 256 * 1024  # a list of lines, behind what the function put there [bytes]
_MAX_CHUNK = 64 * 1024  # Linux' default capacity of a pipe [bytes]
_LAST_WORDS_SECONDS = 1.0  # for a child to tell the line at which it hangs or died
_QUIET_MILLISECONDS = 100
_NO_ANSWER = "the sandbox process answered something that is not an answer"

Expected = Mapping[int, range]
"""For each kind of answer that is fine, the allowed lengths of its payload [bytes]."""


class ChildFailure(Exception):  # noqa: N818  not yet an error: `verdict` makes it one
    """Raised when the child did not answer as it should; carries the problem."""

    def __init__(self, what: Problem, output: str, lines: str = "") -> None:
        """Carry the problem, the end of what the child printed and the list of lines it ran."""
        super().__init__(what.cause)
        self.problem = what
        self.output = output
        self.lines = lines


class ChildProcess:
    """One confined Python process; it ends with `end()`, with this object and with the parent."""

    def __init__(self, setup: Mapping[str, Any], seconds: float) -> None:
        """Start the process and wait until it is confined.

        Args:
            setup: The first message, see `child.main`.
            seconds: Time for that [s].

        Raises:
            RewardSandboxError: it did not get there.
        """
        self._child = spawn()
        self._end = weakref.finalize(self, end, self._child)
        self._sequence = 0
        self._output = bytearray()
        self._events = select.poll()
        self._events.register(self._child.answers, select.POLLIN)
        self._events.register(self._child.log, select.POLLIN)
        try:
            _, payload = self.exchange(setup, seconds, {frames.READY: frames.ANY_FIELDS})
        except ChildFailure as failure:
            raise RewardSandboxError(
                f"the sandbox process did not start: {failure}",
                repair="Check that this Python can import numpy; what the process said follows.",
                trace=failure.output + failure.lines,
            ) from failure
        fields = frames.unpack_fields(payload)
        self.missing_layers = dict(zip(fields[::2], fields[1::2]))

    @property
    def process_id(self) -> int:
        """The id of the process."""
        return self._child.process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process was not ended; it may still have died by itself."""
        return self._end.alive

    def exchange(self, message: Any, seconds: float, expected: Expected) -> tuple[int, bytes]:
        """Send plain data and wait for the answer, its kind and its payload.

        Args:
            message: What marshal takes.
            seconds: Time until the whole answer must be here [s].
            expected: The answers that are fine.

        Raises:
            ChildFailure: there is no such answer; the child is ended.
            ValueError: the message is not plain data; nothing was sent.
        """
        data = marshal.dumps(message)
        self._sequence += 1
        request = frames.HEADER.pack(self._sequence, 0, len(data)) + data
        try:
            return self._converse(request, seconds, expected)
        except BaseException:
            self.end()
            raise

    def take_output(self) -> str:
        """What the child printed since the last time, at most the last 64 KiB."""
        text = self._output.decode("utf-8", "replace")
        self._output.clear()
        return text

    def garbled(self, cause: str) -> ChildFailure:
        """The failure of something that is not an answer, with the line that is running now."""
        return self._without_answer(problem.GARBLED, cause)

    def end(self) -> None:
        """Kill the process with its group and wait for it; a second time does nothing."""
        self._end()

    def _converse(self, request: bytes, seconds: float, expected: Expected) -> tuple[int, bytes]:
        deadline = time.monotonic() + seconds
        unsent = self._send(memoryview(request))
        received = bytearray()
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0.0:
                raise self._timed_out(seconds)
            for descriptor, _ in self._events.poll(remaining * 1000.0):
                if descriptor == self._child.log:
                    self._read_log()
                elif descriptor == self._child.requests:
                    unsent = self._send(unsent)
                else:
                    received += self._read_answer()
            answer = self._complete(received, expected)
            if answer:
                return answer

    def _send(self, unsent: memoryview) -> memoryview:
        """Write what the pipe takes; watch the pipe as long as something is left."""
        try:
            unsent = unsent[os.write(self._child.requests, unsent) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            raise self._died() from None
        if unsent:
            self._events.register(self._child.requests, select.POLLOUT)
        else:
            with contextlib.suppress(KeyError):
                self._events.unregister(self._child.requests)
        return unsent

    def _read_answer(self) -> bytes:
        chunk = os.read(self._child.answers, _MAX_CHUNK)
        if not chunk:
            raise self._died()
        return chunk

    def _read_log(self) -> None:
        """Keep what the child printed, until it has closed all of its ends."""
        chunk = os.read(self._child.log, _MAX_CHUNK)
        if not chunk:
            with contextlib.suppress(KeyError):
                self._events.unregister(self._child.log)
        self._output += chunk
        del self._output[:-_MAX_OUTPUT]

    def _complete(self, received: bytearray, expected: Expected) -> tuple[int, bytes] | None:
        """The answer, once all of it is here.

        Raises:
            ChildFailure: it is a problem, or not an answer to the last request.
        """
        size = frames.HEADER.size
        if len(received) < size:
            return None
        number, kind, length = frames.HEADER.unpack_from(received)
        allowed = {frames.PROBLEM: frames.ANY_FIELDS, **expected}.get(kind, range(0))
        surplus = len(received) - size - length
        if number != self._sequence or length not in allowed or surplus > 0:
            raise self.garbled(_NO_ANSWER)
        if surplus < 0:
            return None
        payload = bytes(received[size:])
        if kind == frames.PROBLEM:
            raise self._told(payload)
        return kind, payload

    def _told(self, payload: bytes) -> ChildFailure:
        try:
            told = Problem.from_fields(frames.unpack_fields(payload))
        except ValueError:
            return self.garbled(_NO_ANSWER)
        return ChildFailure(told, self.take_output())

    def _timed_out(self, seconds: float) -> ChildFailure:
        return self._without_answer(problem.TIMEOUT, f"no answer within {seconds:g} s")

    def _died(self) -> ChildFailure:
        status = exit_status(self._child)
        if status == -signal.SIGXCPU:
            return self._without_answer(problem.TIMEOUT, "the processor time is used up")
        return self._without_answer(problem.DIED, _ending(status))

    def _without_answer(self, kind: str, cause: str) -> ChildFailure:
        """Ask the child for the lines that it is running; one that has died has told them."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process_id, ASK_FOR_LINE)
        lines = self._read_last_words()
        if _readable(self._child.log).poll(0):
            self._read_log()
        told = Problem(kind, cause, frames=problem.frames_in_dump(lines))
        return ChildFailure(told, self.take_output(), lines)

    def _read_last_words(self) -> str:
        """What faulthandler wrote, as soon as it is quiet; the function may have written there."""
        words = bytearray()
        pipe = _readable(self._child.lines)
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        while len(words) < _MAX_LAST_WORDS and time.monotonic() < deadline:
            if pipe.poll(_QUIET_MILLISECONDS):
                chunk = os.read(self._child.lines, _MAX_CHUNK)
                if not chunk:
                    break
                words += chunk
            elif problem.DUMP_MARK.encode() in words:
                break
        return words.decode("utf-8", "replace")


def _readable(descriptor: int) -> select.poll:
    pipe = select.poll()
    pipe.register(descriptor, select.POLLIN)
    return pipe


def _ending(status: int | None) -> str:
    """How the child ended, for people."""
    if status is None:
        return "the sandbox process closed its pipes"
    if status >= 0:
        return f"the sandbox process ended with exit status {status}"
    if status == -signal.SIGSYS:
        return "the function ended its own process, or closed its way to the trainer"
    if status == -signal.SIGKILL:
        return "the sandbox process was killed; the machine may be out of memory"
    return f"the sandbox process was ended by {signal.Signals(-status).name}"
