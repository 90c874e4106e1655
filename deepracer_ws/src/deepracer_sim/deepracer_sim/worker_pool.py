"""Where the cars of a vector environment drive: in this process, or in workers that may be lost."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import ConfigError, DeepRacerError, WorkerError

from deepracer_sim.buffers import Buffers, SharedMemory
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.line_judge import Bools, Ints
from deepracer_sim.track_spread import TrackSpread
from deepracer_sim.worker import Request
from deepracer_sim.worker_process import WorkerProcess, collect, end_all

MAX_RESTARTS = 3
"""Restarts of a worker in a row, without a step between, after which one gives up."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long workers may take before they count as hung."""

    start: float = 300.0
    """To load libraries, compile on the first run, and build the world [s]."""
    step: float = 60.0
    """For a step or a reset [s]; a reward function may take 5 s of it."""
    end: float = 5.0
    """To end when they are no longer needed [s]."""


class LocalPool:
    """All cars drive in this process.

    Attributes:
        buffers: of all cars.
    """

    def __init__(self, config: EnvConfig, cars: int) -> None:
        """Build the world.

        Raises:
            DeepRacerError: see `rollout.Rollout`.
        """
        self.buffers = Buffers.allocate(cars, config.simulation.image.shape)
        self._rollout = TrackSpread(config, self.buffers, slice(0, cars))

    def reset(self, seeds: Sequence[int], episodes: Ints) -> None:
        """Begin anew with all cars; see `Rollout.reset`."""
        self._rollout.reset(seeds, episodes)

    def send(self) -> None:
        """Begin a step, which here happens in `receive`."""

    def receive(self) -> Bools:
        """Finish the step: (N,) which cars were lost, here none; see `Rollout.step`."""
        self._rollout.step()
        return np.zeros(len(self.buffers.images), np.bool_)

    def close(self) -> None:
        """Free everything."""
        self._rollout.close()


class WorkerPool:
    """The cars drive in worker processes, several in each.

    A worker that is killed or hangs is started anew while the others keep what they have done. Its
    cars have lost their step: that ends their episodes (`Buffers.truncated`), and the next ones
    begin. A worker that ends by itself has a bug, which a new one would have, too.

    Attributes:
        buffers: of all cars, shared with the workers.
    """

    def __init__(
        self, config: EnvConfig, cars: int, workers: int, patience: Patience | None = None
    ) -> None:
        """Start the workers and wait until all are there.

        Raises:
            ConfigError: there are more workers than cars.
            DeepRacerError: see `Rollout`.
            WorkerError: a worker did not start.
        """
        if not 1 <= workers <= cars:
            raise ConfigError(f"{workers} workers for {cars} cars; give each at least one car")
        self._patience = patience or Patience()
        self._seeds: list[int] = []
        self._is_stepping = False
        context = multiprocessing.get_context("spawn")
        memory = SharedMemory(context, cars, config.simulation.image.shape)
        self.buffers = memory.buffers()
        self._workers: list[WorkerProcess] = []
        self._end = weakref.finalize(self, end_all, self._workers, self._patience.end)
        bounds = np.linspace(0, cars, workers + 1).astype(int).tolist()
        for first, last in pairwise(bounds):
            rows = slice(first, last)
            self._workers.append(WorkerProcess(context, config, memory, rows))
        self._expect(self._workers, self._patience.start)

    def reset(self, seeds: Sequence[int], episodes: Ints) -> None:
        """Begin anew with all cars; see `Rollout.reset`.

        Raises:
            DeepRacerError: the reward function cannot be loaded.
            WorkerError: a worker has a bug, or was lost again and again.
        """
        if self._is_stepping:  # that step was given up
            with contextlib.suppress(DeepRacerError):
                self.receive()
        self._check_open()
        self._seeds = list(seeds)
        self.buffers.episode[:] = episodes
        for worker in self._workers:
            worker.send(self._first_request(worker))
        lost, errors = collect(self._workers, self._patience.step)
        for worker in lost:
            self._replace(worker)
        if errors:
            raise errors[0]

    def send(self) -> None:
        """Begin a step with the commands in the buffers.

        Raises:
            WorkerError: the pool is closed.
        """
        self._check_open()
        self._is_stepping = True
        for worker in self._workers:
            worker.send(None)

    def receive(self) -> Bools:
        """Finish the step: (N,) which cars were lost with their workers, and were begun anew.

        Raises:
            DeepRacerError: see `Rollout.step`; of several errors the first.
            WorkerError: a worker has a bug, or was lost again and again.
        """
        lost, errors = collect(self._workers, self._patience.step)
        self._is_stepping = False
        lost_cars = np.zeros(len(self.buffers.images), np.bool_)
        for worker in lost:
            lost_cars[worker.rows] = True
            _write_loss(self.buffers.rows(worker.rows))
            self.buffers.episode[worker.rows] += len(lost_cars)
            self._replace(worker)
        for worker in self._workers:
            worker.restarts = worker.restarts if worker in lost else 0
        if errors:
            raise errors[0]
        return lost_cars

    def close(self) -> None:
        """End all workers; a second call does nothing."""
        self._end()

    def _check_open(self) -> None:
        if not self._end.alive:
            raise WorkerError("the environment is closed; make a new one")

    def _first_request(self, worker: WorkerProcess) -> Request:
        return self._seeds[worker.rows], self.buffers.episode[worker.rows].copy()

    def _replace(self, worker: WorkerProcess) -> None:
        """Start a lost worker anew, and begin the episodes that the buffers name."""
        if worker.has_failed(self._patience.end) or worker.restarts == MAX_RESTARTS:
            raise self._give_up(worker)
        worker.restarts += 1
        _logger.warning("%s %s; a new one begins its cars' next episodes", worker, worker.kill())
        worker.start()
        self._expect([worker], self._patience.start)
        worker.send(self._first_request(worker))
        self._expect([worker], self._patience.step)

    def _expect(self, workers: Sequence[WorkerProcess], seconds: float) -> None:
        """Wait for answers without which one cannot go on."""
        lost, errors = collect(workers, seconds)
        if errors:
            self.close()
            raise errors[0]
        if lost:
            lost[0].has_failed(self._patience.end)
            raise self._give_up(lost[0])

    def _give_up(self, worker: WorkerProcess) -> WorkerError:
        """Close everything because of a worker that is lost for good."""
        fate = worker.kill()
        self.close()
        return WorkerError(
            f"{worker} {fate}, after {worker.restarts} restarts; see its traceback in the error "
            "output above. Scripts that start workers need if __name__ == '__main__'; a worker "
            "that is killed again and again may lack memory: take fewer workers or cars"
        )


def _write_loss(buffers: Buffers) -> None:
    """Say that the step of these cars is lost, and with it the rest of their episodes."""
    buffers.last_images[:] = buffers.images
    buffers.reward[:] = 0.0
    buffers.terminated[:] = False
    buffers.truncated[:] = True
    buffers.status[:] = EpisodeStatus.PARK
