"""The process that runs a user's reward function: it confines itself, loads it, answers requests.

Started by `process`, which is the only one to talk to it. From the moment the user's code is loaded
nothing in this process can be relied on: the parent checks all answers, and the kernel holds the
wall. References that the loop needs are taken before, so that a user who replaces functions of the
standard library harms only himself.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import marshal
import os
import random
import signal
import sys
from array import array
from collections.abc import Callable, Mapping
from numbers import Real
from pathlib import Path
from sys import exc_info
from types import ModuleType
from typing import Any, TypeAlias

from deepracer_core.errors import RewardImportError, RewardSignatureError, RewardSyntaxError
from deepracer_core.reward import frames, problem
from deepracer_core.reward.confinement import confine
from deepracer_core.reward.examine import FUNCTION_NAME, SourceFacts, examine
from deepracer_core.reward.facts import facts_to_fields
from deepracer_core.reward.legacy import LegacyScale, legacy_arguments

Step: TypeAlias = dict[str, Any]
Call: TypeAlias = Callable[[Step], Any]

ASK_FOR_LINE = signal.SIGUSR1
"""On this signal the child tells the lines that it is running."""

_STATIC_ERRORS = {
    RewardSyntaxError: problem.SYNTAX,
    RewardImportError: problem.IMPORT,
    RewardSignatureError: problem.SIGNATURE,
}


class _NotANumberError(Exception):
    """Raised when the user's function returns something else than a number."""


class _Channel:
    """The two pipes to the parent."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._number = 0
        self._read, self._write, self._leave = os.read, os.write, os._exit
        self._flush = sys.stdout.flush
        self._unless_closed = contextlib.suppress(OSError, ValueError)  # by the user
        self._loads, self._pack = marshal.loads, frames.HEADER.pack
        self._unpack, self._header_size = frames.HEADER.unpack, frames.HEADER.size

    def receive(self) -> Any:
        """Wait for the next request; ends the process when the parent has closed the pipe."""
        self._number, _, length = self._unpack(self._read_exactly(self._header_size))
        return self._loads(self._read_exactly(length))

    def answer(self, kind: int, payload: bytes) -> None:
        """Hand over what the function printed, then answer the last request."""
        with self._unless_closed:
            self._flush()
        data = self._pack(self._number, kind, len(payload)) + payload
        while data:
            data = data[self._write(self._answers, data) :]

    def _read_exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = self._read(self._requests, count - len(data))
            if not chunk:
                self._leave(0)
            data += chunk
        return data


def main() -> None:
    """Confine this process, load a reward function and answer requests until the parent is gone."""
    requests, answers, lines = map(int, sys.argv[2:5])
    channel = _Channel(requests, answers)
    setup = channel.receive()
    _report_lines(lines)
    missing = confine(
        [Path(path) for path in setup["readable"]],
        setup["parent"],
        setup["memory_bytes"],
        setup["cpu_seconds"],
        (requests, answers, lines),
    )
    sys.path[:] = [*sys.path[1:], *setup["library_folders"]]
    _load_libraries(setup["libraries"], setup["seed"])
    pairs = (text for pair in missing.items() for text in pair)
    channel.answer(frames.READY, frames.pack_fields(pairs))
    answer, receive, rewards_of = channel.answer, channel.receive, _rewards
    kind, payload, call = _prepare(receive())
    answer(kind, payload)
    while call:
        answer(*rewards_of(call, receive()))
    receive()  # after a problem the parent ends this process


def _report_lines(descriptor: int) -> None:
    """Have the running lines told on a crash, a trapped call, the last of the time and on demand.

    The descriptor is a pipe of their own: the output of the function cannot fill it.
    """
    faulthandler.enable(descriptor, all_threads=False)
    for last in (signal.SIGSYS, signal.SIGXCPU):
        faulthandler.register(last, descriptor, all_threads=False, chain=True)
    faulthandler.register(ASK_FOR_LINE, descriptor, all_threads=False)


def _load_libraries(libraries: list[str], seed: int | None) -> None:
    """Load what the function mentions, so that its own time is not spent on it; seed all."""
    for library in libraries:
        importlib.import_module(library)
    if seed is not None:
        random.seed(seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed)


def _prepare(job: Mapping[str, Any]) -> tuple[int, bytes, Call | None]:
    """Load the user's file: what to answer, and the function unless there was a problem."""
    try:
        facts = examine(job["text"])
        call = _bind(_load(job["text"]), facts, job)
    except tuple(_STATIC_ERRORS) as error:
        failed = problem.of_static_error(_STATIC_ERRORS[type(error)], error)
    except BaseException as error:  # noqa: BLE001  the user's code may raise anything
        failed = problem.of_exception(error, exc_info()[2], car=0)
    else:
        return frames.LOADED, frames.pack_fields(facts_to_fields(facts)), call
    return frames.PROBLEM, frames.pack_fields(failed.to_fields()), None


def _load(text: str) -> Callable[..., Any]:
    """Run the user's file as a module of its own and return its function."""
    module = sys.modules["reward_function"] = ModuleType("reward_function")
    exec(compile(text, problem.USER_FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    function: Callable[..., Any] = getattr(module, FUNCTION_NAME)
    return function


def _bind(function: Callable[..., Any], facts: SourceFacts, job: Mapping[str, Any]) -> Call:
    """Turn the user's function of either signature into one of a step's parameters."""
    constants: dict[str, Any] = job["constants"]
    if facts.signature == "legacy":
        if job["legacy"] is None:
            raise RewardSignatureError(
                "the twelve arguments of 2018 need a LegacyScale",
                repair="Pass legacy=LegacyScale(...) to the sandbox, or write it for `params`.",
                line=facts.line,
            )
        arguments = legacy_arguments(constants["waypoints"], LegacyScale(*job["legacy"]))
        return lambda step: function(*arguments(step))
    fixed = {key: value for key, value in constants.items() if not isinstance(value, list)}
    lists = [
        (key, [tuple(item) if isinstance(item, list) else item for item in value])
        for key, value in constants.items()
        if isinstance(value, list)
    ]

    def call(step: Step) -> Any:
        params = fixed.copy()
        for key, value in lists:
            params[key] = value.copy()  # the user may change it
        params.update(step)
        return function(params)

    return call


def _rewards(call: Call, steps: list[Step]) -> tuple[int, bytes]:
    """The answer to one request: a reward for each step, or what went wrong."""
    rewards = array("d")
    kind = frames.REWARDS
    try:
        for step in steps:
            reward = call(step)
            if type(reward) is not float:
                kind = kind if isinstance(reward, float) else frames.CONVERTED
                reward = _number(reward)
            rewards.append(reward)
    except _NotANumberError as error:
        failed = problem.Problem(problem.VALUE, str(error), car=len(rewards))
    except BaseException as error:  # noqa: BLE001  the user's code may raise anything
        failed = problem.of_exception(error, exc_info()[2], car=len(rewards))
    else:
        return kind, rewards.tobytes()
    return frames.PROBLEM, frames.pack_fields(failed.to_fields())


def _number(reward: Any) -> float:
    """A reward that is not a plain float: int and numpy's real scalars are numbers, bool is not."""
    if not isinstance(reward, bool) and isinstance(reward, Real):
        try:
            return float(reward)
        except OverflowError:
            return float("inf")
    raise _NotANumberError(f"the reward is {_shown(reward)}, not a number")


def _shown(value: Any) -> str:
    """The type of a value, with the value where it is plain data."""
    plain = type(value) in (str, bool, complex, type(None))
    return f"{value!r:.100}" if plain else f"of type {type(value).__name__}"
