"""Examines policies in a process of its own, while the training goes on."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeAlias

import torch
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import DeepRacerError, WorkerError

from deepracer_sim.ctrl_c import ctrl_c_blocked
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.training.examiner import Examiner, Verdict
from deepracer_sim.training.networks import PolicyNetwork

LOOK_PERIOD = 0.2
"""Between two looks whether to wait no longer [s]."""
END_PATIENCE = 1.0
"""For the process to end when it is no longer needed [s]; it has nothing to save."""
NICENESS = 5
"""Of the process: the learner and the cars go first, for whom the verdict can wait."""

Answer: TypeAlias = "Verdict | DeepRacerError | None"


class BackgroundExaminer:
    """One examination at a time: `begin` it, and sooner or later take its `verdict`.

    Attributes:
        is_busy: whether an examination has begun, whose verdict was not taken yet.
    """

    def __init__(self, training: EnvConfig, preprocessing: Preprocessing, seed: int) -> None:
        """Start the process; for the arguments see `Examiner`."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = (theirs, training, preprocessing, seed)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        with theirs, ctrl_c_blocked():
            self._process.start()
        self._end = weakref.finalize(self, _end, self._connection, self._process)
        self.is_busy = False

    def begin(self, network: PolicyNetwork, number: int) -> None:
        """Have a policy examined; see `Examiner.examine`.

        Args:
            network: the policy; it may change at once.
            number: of the examination.
        """
        with contextlib.suppress(ConnectionError):  # the missing verdict will tell
            self._connection.send_bytes(pickle.dumps((network, number)))
        self.is_busy = True

    @property
    def has_verdict(self) -> bool:
        """Whether `verdict` need not wait."""
        return self.is_busy and self._connection.poll()

    def verdict(self, is_over: Callable[[], bool]) -> Verdict | None:
        """The verdict on the last policy, once it is there; None if that is given up.

        Args:
            is_over: tells whether to give up.

        Raises:
            SimulationError: a world cannot be built.
            WorkerError: the process was lost.
        """
        while not self._connection.poll(LOOK_PERIOD):
            if is_over():
                return None
        self.is_busy = False
        try:
            answer: Answer = self._connection.recv()
        except (EOFError, ConnectionResetError) as error:
            self._process.join(END_PATIENCE)
            raise WorkerError(
                f"the process that evaluates has ended (exit code {self._process.exitcode}): look "
                "above for its last words; if it was killed, this machine may lack memory"
            ) from error
        if isinstance(answer, DeepRacerError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process, whatever it does; a second call does nothing."""
        self._end()


def _end(connection: Connection, process: multiprocessing.process.BaseProcess) -> None:
    connection.close()
    process.join(END_PATIENCE)
    process.kill()
    process.join()


def _serve(
    connection: Connection[Answer, bytes],
    training: EnvConfig,
    preprocessing: Preprocessing,
    seed: int,
) -> None:
    """Examine what comes, until the parent hangs up or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    os.nice(NICENESS)
    torch.set_num_threads(1)
    with contextlib.closing(Examiner(training, preprocessing, seed)) as examiner:
        while True:
            try:
                network, number = pickle.loads(connection.recv_bytes())  # noqa: S301 - of our parent
            except (EOFError, ConnectionResetError):
                return
            answer: Answer
            try:
                answer = examiner.examine(network, number, connection.poll)
            except DeepRacerError as error:
                answer = error
            with contextlib.suppress(ConnectionError):
                connection.send(answer)
