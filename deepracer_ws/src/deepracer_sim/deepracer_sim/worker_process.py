"""A worker process as its parent sees it: started, asked, waited for, and ended."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from typing import Any

from deepracer_core.errors import DeepRacerError

from deepracer_sim.buffers import SharedMemory
from deepracer_sim.ctrl_c import ctrl_c_blocked
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.worker import Answer, Request, run_worker


class WorkerProcess:
    """One worker; after it was lost it can be started again.

    Attributes:
        connection: to the process.
        rows: its cars.
        restarts: how often it was lost since its last step.
    """

    def __init__(
        self,
        context: SpawnContext,
        config: EnvConfig,
        memory: SharedMemory,
        rows: slice,
    ) -> None:
        """Start a worker; it answers when it is ready. For the arguments see `run_worker`."""
        self.rows = rows
        self.restarts = 0
        self._context = context
        self._arguments = (config, memory, rows)
        self.start()

    def __str__(self) -> str:
        return f"the worker of cars {self.rows.start} to {self.rows.stop - 1}"

    def start(self) -> None:
        """Start the process; a former one has ended."""
        self.connection: Connection[Request, Answer]
        self.connection, theirs = self._context.Pipe()
        self._has_hung_up = False
        with theirs:
            self._process = self._context.Process(
                target=run_worker, args=(theirs, *self._arguments), daemon=True
            )
            with ctrl_c_blocked():
                self._process.start()

    def send(self, request: Request) -> None:
        """Ask for something; if the worker is gone, the missing answer will tell."""
        with contextlib.suppress(ConnectionError):
            self.connection.send(request)

    def receive(self) -> tuple[bool, Answer]:
        """Whether the worker is still there, and its answer."""
        try:
            return True, self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._has_hung_up = True
            return False, None

    def has_failed(self, seconds: float) -> bool:
        """Whether a lost worker ended by itself, which is a bug; wait so long for its end [s]."""
        if self._has_hung_up:
            self._process.join(seconds)
        return (self._process.exitcode or 0) > 0

    def kill(self) -> str:
        """End a lost worker for good, and say what had happened to it."""
        code = self._process.exitcode
        self.stop(0.0)
        if code is None:
            return "did not answer in time"
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def stop(self, seconds: float) -> None:
        """Hang up, give the worker so long [s] to end, and kill it if it does not."""
        self.connection.close()
        self._process.join(seconds)
        self._process.kill()
        self._process.join()


def collect(
    workers: Sequence[WorkerProcess], seconds: float
) -> tuple[list[WorkerProcess], list[DeepRacerError]]:
    """Wait for one answer of each worker, at most so long [s].

    Returns:
        The workers that are gone or have not answered, and the errors that others answered.
    """
    deadline = time.monotonic() + seconds
    waiting: dict[Any, WorkerProcess] = {worker.connection: worker for worker in workers}
    lost: list[WorkerProcess] = []
    errors: list[DeepRacerError] = []
    while waiting and (ready := wait([*waiting], max(0.0, deadline - time.monotonic()))):
        for worker in map(waiting.pop, ready):
            is_there, answer = worker.receive()
            if not is_there:
                lost.append(worker)
            elif answer is not None:
                errors.append(answer)
    return [*lost, *waiting.values()], errors


def end_all(workers: Sequence[WorkerProcess], seconds: float) -> None:
    """Hang up on all workers, and kill those that need longer than so long to end [s]."""
    for worker in workers:
        worker.connection.close()
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.stop(max(0.0, deadline - time.monotonic()))
