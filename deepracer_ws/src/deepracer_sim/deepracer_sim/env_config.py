"""What an environment is made of; it can be sent to worker processes."""

from __future__ import annotations

from dataclasses import dataclass, field

from deepracer_core.action_space import ActionSpace
from deepracer_core.episode import EpisodeRules
from deepracer_core.new_action_space import grid
from deepracer_core.start_position import TrainingStart
from deepracer_core.track.definition import TrackDefinition

from deepracer_sim.engine import ImageSpec
from deepracer_sim.rewards import RewardMaker
from deepracer_sim.simulation import SimulationConfig


def _gray_simulation() -> SimulationConfig:
    return SimulationConfig(image=ImageSpec(gray=True))


@dataclass(frozen=True)
class EnvConfig:
    """An environment: where a car drives, what it may do, and how it is judged."""

    definition: TrackDefinition
    """The track."""
    simulation: SimulationConfig = field(default_factory=_gray_simulation)
    """Engine, image, randomisation and objects."""
    action_space: ActionSpace = field(default_factory=grid)
    """What the policy chooses from."""
    make_rewards: RewardMaker | None = None
    """The reward function (`rewards`); None for rewards of 0."""
    rules: EpisodeRules = field(default_factory=EpisodeRules)
    """When episodes end."""
    start: TrainingStart = field(default_factory=TrainingStart)
    """Where they start."""
    more: tuple[EnvConfig, ...] = ()
    """The same on further tracks: the cars are spread evenly over all of them."""

    @property
    def tracks(self) -> tuple[EnvConfig, ...]:
        """The configuration of each track."""
        return self, *self.more
