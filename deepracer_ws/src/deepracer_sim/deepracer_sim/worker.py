"""A worker process: lets its cars drive when it is told to, and answers when they have."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TypeAlias

from deepracer_core.errors import DeepRacerError

from deepracer_sim.buffers import SharedMemory
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.line_judge import Ints
from deepracer_sim.track_spread import TrackSpread

Request: TypeAlias = "tuple[Sequence[int], Ints] | None"
"""Seeds and episode numbers of the cars to reset them, or None for a step."""

Answer: TypeAlias = "DeepRacerError | None"
"""None if it is done: what it brought is in the shared memory."""


def run_worker(
    connection: Connection[Answer, Request],
    config: EnvConfig,
    memory: SharedMemory,
    rows: slice,
) -> None:
    """Say that the cars are there, then serve requests until the parent hangs up or is gone.

    An error of ours is an answer; any other exception is a bug, and ends the process with its
    traceback. Messages are small: pictures, commands and outcomes are in the shared memory.

    Args:
        connection: to the parent.
        config: of the environment.
        memory: of all cars.
        rows: which of them are this worker's.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    try:
        rollout = TrackSpread(config, memory.buffers(), rows)
    except DeepRacerError as error:
        _answer(connection, error)
        return
    with contextlib.closing(rollout):
        _answer(connection, None)
        _serve(connection, rollout)


def _serve(connection: Connection[Answer, Request], rollout: TrackSpread) -> None:
    while True:
        try:
            request = connection.recv()
        except (EOFError, ConnectionResetError):
            return
        try:
            if request is None:
                rollout.step()
            else:
                rollout.reset(*request)
        except DeepRacerError as error:
            _answer(connection, error)
        else:
            _answer(connection, None)


def _answer(connection: Connection[Answer, Request], answer: Answer) -> None:
    with contextlib.suppress(BrokenPipeError):  # the parent is gone, as the next request will tell
        connection.send(answer)
