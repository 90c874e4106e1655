"""Cars that drive on the nodes of a Ray cluster: `ray_address:=auto` or `HOST:PORT`.

Each rollout worker is a Ray actor that simulates some of the cars, with a copy of the network, and
sends what one iteration brought. A worker that is lost with its node is missing in the experience
of that iteration; Ray starts it anew where there is room. Ray is an optional dependency.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from deepracer_core.errors import ConfigError, DeepRacerError, WorkerError
from deepracer_core.metrics import EpisodeResult

from deepracer_sim.env_config import EnvConfig
from deepracer_sim.track_spread import track_rows
from deepracer_sim.training.collector import Collector
from deepracer_sim.training.experience import Experience, SourceSetup
from deepracer_sim.training.exploration import Exploration
from deepracer_sim.training.hyperparameters import RANGES
from deepracer_sim.training.moments import Moment
from deepracer_sim.training.networks import PolicyNetwork
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.step_columns import StepColumns, one_column
from deepracer_sim.vector_env import DeepRacerVectorEnv

Weights = dict[str, torch.Tensor]

LOOK_PERIOD = 0.5
"""Between two looks whether training is over [s]."""
PATIENCE = 30.0
"""How much later than the others a worker may be [s]; an iteration goes on without it then."""
START_PATIENCE = 120.0
"""The same for its first answer, for which it loads libraries and builds a world [s]."""
REST = 10.0
"""After which a lost worker is asked again [s]."""
DESPAIR = 300.0
"""After which one gives up, if no worker brings anything [s]."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Haul:
    """What one worker brings from one iteration."""

    steps: StepColumns
    """Of its cars."""
    episodes: list[EpisodeResult]
    """That ended."""
    moments: list[Moment]
    """Of the first car; of the first worker only."""
    next_episode: int
    """Number that none of its episodes has had yet."""
    time: float
    """Simulated time so far [s]."""


def own_tracks(environment: EnvConfig, cars: int, own: slice) -> EnvConfig:
    """What some of the cars drive in: the tracks of an environment that are theirs.

    Args:
        environment: of all cars.
        cars: how many these are.
        own: which of them.
    """
    tracks = [environment, *environment.more]
    first, *more = (
        track
        for track, rows in zip(tracks, track_rows(len(tracks), cars))
        if rows.start < own.stop and own.start < rows.stop
    )
    return replace(first, more=tuple(more))


class RolloutWorker:
    """Drives some of the cars, in a process of its own on any node."""

    def __init__(self, setup: SourceSetup, cars: int, first: int) -> None:
        """Build their world.

        Args:
            setup: of all cars.
            cars: how many are its own.
            first: number of the first of them.
        """
        torch.set_num_threads(1)
        config, hyperparameters = setup.config, setup.config.hyperparameters
        share = cars / config.cars
        least, _ = RANGES["num_steps_between_training"]
        steps = max(int(least), round(hyperparameters.num_steps_between_training * share))
        episodes = hyperparameters.num_episodes_between_training
        generator = torch.Generator().manual_seed(setup.seed + first)
        self._moments: list[Moment] = []
        self._network = setup.network
        self._first = first
        self._has_begun = False
        self._collector = Collector(
            DeepRacerVectorEnv(
                own_tracks(setup.environment, config.cars, slice(first, first + cars)),
                cars,
                copy=False,
            ),
            setup.network,
            config.spec,
            replace(
                hyperparameters,
                num_steps_between_training=steps,
                num_episodes_between_training=episodes and max(1, round(episodes * share)),
            ),
            Exploration(hyperparameters, generator, setup.steps),
            [] if first else [self._note],
        )

    def drive(self, weights: Weights, seed: int, episode: int, time: float) -> Haul:
        """Drive by these weights until there is its share of an experience.

        Args:
            weights: of the network.
            seed: of the first of all cars, as the next two if it has not begun yet.
            episode: number of the first episode of all cars.
            time: simulated time so far [s].
        """
        if not self._has_begun:
            self._collector.begin(seed + self._first, episode + self._first, time)
            self._has_begun = True
        self._network.load_state_dict(weights)
        self._collector.behave_like(self._network)
        self._moments.clear()
        experience = self._collector.collect(lambda: False)
        with torch.inference_mode():
            _, last_values = self._network(experience.images)
        return Haul(
            StepColumns.of(experience.buffer, last_values.numpy()),
            experience.episodes,
            list(self._moments),
            experience.next_episode,
            experience.time,
        )

    def _note(self, moment: Moment) -> None:
        self._moments.append(replace(moment, image=moment.image.copy()))


class RemoteCollector:
    """Gathers what the workers of a cluster bring.

    An `experience.ExperienceSource`, which explains the methods.
    """

    def __init__(self, setup: SourceSetup) -> None:
        """Join the cluster and start a worker for each of its processors.

        Raises:
            ConfigError: Ray is not installed, or there is no cluster at the address.
        """
        self._ray = _join(setup.config.ray_address)
        self._setup = setup
        self._weights = _weights(setup.network)
        own = replace(setup, network=copy.deepcopy(setup.network).cpu(), watchers=())
        cars = setup.config.cars
        count = min(setup.config.workers or self._processors(), cars)
        bounds = np.linspace(0, cars, count + 1).astype(int).tolist()
        make = self._ray.remote(num_cpus=1, max_restarts=-1, scheduling_strategy="SPREAD")
        worker = make(RolloutWorker)
        self._own = self._ray.put(own)  # kept: workers that are started anew need it
        self._workers = [
            worker.remote(self._own, last - first, first) for first, last in pairwise(bounds)
        ]
        self._asked: dict[int, Any] = {}  # number of a worker -> what it will answer
        self._known: set[int] = set()  # who has answered since it was started
        self._resting: dict[int, float] = {}  # who is not to be asked before a time
        self._seed, self._episode, self._time = 0, 0, 0.0

    def begin(self, seed: int, episode: int, time: float = 0.0) -> None:
        """Note where the workers begin, also those that Ray starts anew."""
        self._seed, self._episode, self._time = seed, episode, time

    def behave_like(self, network: PolicyNetwork) -> None:
        """Drive as this network does from now on."""
        self._weights = _weights(network)

    def collect(self, is_over: Callable[[], bool]) -> Experience:
        """Let all workers drive, and join what those bring that are there.

        Raises:
            RewardError: the reward function failed.
            WorkerError: a worker has a bug, or the whole cluster is lost.
        """
        hauls: list[Haul] = []
        deadline = time.monotonic() + DESPAIR
        while not hauls and not is_over():
            if time.monotonic() > deadline:
                raise WorkerError(
                    f"no node of the Ray cluster has simulated for {DESPAIR:.0f} s: see `ray "
                    "status`; go on with resume:=true"
                )
            hauls = self._gather(self._ask(), is_over)
            if not hauls:
                time.sleep(LOOK_PERIOD)  # all rest
        for haul in hauls:
            self._episode = max(self._episode, haul.next_episode)
            self._time = max(self._time, haul.time)
            self._show(haul.moments)
        episodes = [episode for haul in hauls for episode in haul.episodes]
        buffer = self._buffer(hauls)
        shape = self._setup.config.spec.preprocessing.input_shape
        images = torch.zeros(shape, dtype=torch.uint8)  # the column is cut after its last step
        return Experience(buffer, images, episodes, self._episode, self._time)

    def close(self) -> None:
        """End the workers, and leave the cluster."""
        for worker in self._workers:
            self._ray.kill(worker)
        self._ray.shutdown()

    def _processors(self) -> int:
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def _ask(self) -> set[int]:
        """Let all drive that are not asked yet; return their numbers."""
        weights = self._ray.put(self._weights)
        now = time.monotonic()
        resting = {number for number, until in self._resting.items() if until > now}
        free = set(range(len(self._workers))) - set(self._asked) - resting
        for number in free:
            drive = self._workers[number].drive
            self._asked[number] = drive.remote(weights, self._seed, self._episode, self._time)
        return free

    def _gather(self, awaited: set[int], is_over: Callable[[], bool]) -> list[Haul]:
        """What comes until all that are awaited have answered, or are too late."""
        hauls: list[Haul] = []
        heard = time.monotonic()
        while (missing := awaited & set(self._asked)) and not is_over():
            by_answer = {answer: number for number, answer in self._asked.items()}
            ready, _ = self._ray.wait([*by_answer], timeout=LOOK_PERIOD)
            for answer in ready:
                del self._asked[by_answer[answer]]
                hauls += self._receive(by_answer[answer], answer)
                heard = time.monotonic()
            patience = PATIENCE if missing <= self._known else START_PATIENCE
            if hauls and time.monotonic() - heard > patience:
                break
        return hauls

    def _receive(self, number: int, answer: Any) -> list[Haul]:
        """The haul of a worker, or none if it was lost."""
        errors = self._ray.exceptions
        try:
            haul = self._ray.get(answer)
        except errors.RayTaskError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, DeepRacerError):
                raise cause from error
            raise WorkerError(f"rollout worker {number} has a bug:\n{error}") from error
        except errors.RayError as error:
            self._resting[number] = time.monotonic() + REST
            if number in self._known:
                self._known.remove(number)
                reason = str(error).splitlines()[0]
                _logger.warning("rollout worker %d was lost; a new one is due: %s", number, reason)
            return []
        self._known.add(number)
        return [haul]

    def _buffer(self, hauls: list[Haul]) -> RolloutBuffer:
        """A new buffer of one column with all that was brought."""
        buffer = one_column(self._setup.config.spec, sum(len(haul.steps) for haul in hauls))
        for haul in hauls:
            haul.steps.write(buffer)
        return buffer

    def _show(self, moments: list[Moment]) -> None:
        for moment in moments:
            for watch in self._setup.watchers:
                watch(moment)


def _join(address: str) -> Any:
    """Ray, connected to a cluster; it has no types."""
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise ConfigError(
            "ray_address needs Ray, on each node: pip install -r requirements/ray.txt"
        ) from error
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"there is no Ray cluster at {address} ({error}): start one by `ray start --head`"
        ) from error
    return ray


def _weights(network: PolicyNetwork) -> Weights:
    """Copies of the weights, which do not change while the network learns."""
    return {name: tensor.detach().cpu().clone() for name, tensor in network.state_dict().items()}
