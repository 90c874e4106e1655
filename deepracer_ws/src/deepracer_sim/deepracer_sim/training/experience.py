"""What a policy is trained with, and the small interface of whatever brings it.

`collector.Collector` lets the cars of a vector environment drive, `remote_rollouts.RemoteCollector`
those of a cluster, `nodes.graph_source.GraphSource` those of the ROS graph: the trainer and its
learner see no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from deepracer_core.metrics import EpisodeResult
from torch import Tensor

from deepracer_sim.env_config import EnvConfig
from deepracer_sim.training.moments import Watcher
from deepracer_sim.training.networks import PolicyNetwork
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.run_config import RunConfig


@dataclass(frozen=True, eq=False)
class Experience:
    """What one call of `collect` brought.

    Attributes:
        buffer: the steps.
        images: (N, channels, rows, columns) what the cars see after the last step.
        episodes: those that ended.
        next_episode: number that no episode has had yet.
        time: simulated time so far, the same for all cars [s].
    """

    buffer: RolloutBuffer
    images: Tensor
    episodes: list[EpisodeResult]
    next_episode: int
    time: float

    @property
    def steps(self) -> int:
        """Steps of all cars together."""
        return self.buffer.steps * len(self.images)


class ExperienceSource(Protocol):
    """Drives with a copy of the network, so that the network may learn at the same time."""

    def begin(self, seed: int, episode: int, time: float = 0.0) -> None:
        """Begin new episodes with all cars; comes first.

        Args:
            seed: of the first car.
            episode: number of the first episode.
            time: simulated time so far [s].
        """

    def behave_like(self, network: PolicyNetwork) -> None:
        """Drive as this network does from now on; it does not learn meanwhile."""

    def collect(self, is_over: Callable[[], bool]) -> Experience:
        """Drive until there is enough to train with; called in a thread of its own.

        Args:
            is_over: tells whether to stop early, with what there is.

        Returns:
            Valid until the call after the next one.

        Raises:
            DeepRacerError: the source cannot go on.
        """

    def close(self) -> None:
        """Free everything."""


@dataclass(frozen=True)
class SourceSetup:
    """What a source is made from."""

    config: RunConfig
    """Of the training."""
    environment: EnvConfig
    """What is driven, and how it is judged."""
    network: PolicyNetwork
    """What drives first."""
    seed: int
    """Of the drawn actions."""
    watchers: Sequence[Watcher] = ()
    """See each step of the first car."""
    steps: int = 0
    """Of all cars, that were driven before."""


SourceMaker = Callable[[SourceSetup], ExperienceSource]
