"""Keeps the car driving: lets somebody drive, and begins an episode whenever one has ended."""

from __future__ import annotations

import itertools
import sys

from deepracer_core.command_gate import Mode
from deepracer_core.errors import ConfigError
from deepracer_core.start_position import TrainingStart
from deepracer_core.track.track import Track
from deepracer_drive.messages import EVERY
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare
from deepracer_interfaces.msg import StepOutcome
from rclpy.node import Node

from deepracer_sim.env_config import EnvConfig
from deepracer_sim.nodes.episode_caller import EpisodeCaller
from deepracer_sim.nodes.race_parameters import declare_objects, declare_track
from deepracer_sim.rollout import episode_start
from deepracer_sim.simulation import SimulationConfig
from deepracer_sim.start import Start, both_directions

MODES = {"autonomous": Mode.AUTONOMOUS, "manual": Mode.MANUAL}


class EpisodeRunner(Node):
    """Begins one episode after the other, as `episode_caller` explains.

    Episodes start as those of the vectorised environment with one car and the same seed.
    """

    def __init__(self) -> None:
        """Wait for the others.

        Raises:
            DeepRacerError: mode, track or obstacles do not exist.
        """
        super().__init__("episode_runner")
        mode = declare(self, "mode", "autonomous", f"who drives: {' or '.join(MODES)}")
        if mode not in MODES:
            raise ConfigError(f"mode {mode!r}: give {' or '.join(MODES)}")
        self._seed = declare(self, "seed", 0, "of all episodes together", bounds=(0, 2**63 - 1))
        self._config = self._declare_starts()
        self._tracks = both_directions(Track.from_definition(self._config.definition))
        numbers = itertools.count()
        self._caller = EpisodeCaller(self, MODES[mode], lambda: next(numbers), self._start_of)
        self.create_subscription(StepOutcome, "/reward", self._on_reward, EVERY)

    def _declare_starts(self) -> EnvConfig:
        advance = declare(
            self, "advance", 0.05, "share of the lap by which the start moves", bounds=(0.0, 0.99)
        )
        return EnvConfig(
            declare_track(self),
            SimulationConfig(objects=declare_objects(self)),
            start=TrainingStart(advance=advance),
        )

    def _start_of(self, episode: int) -> Start:
        return episode_start(self._config, self._tracks, self._seed, episode)

    def _on_reward(self, outcome: StepOutcome) -> None:
        self._caller.hear(outcome)


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(EpisodeRunner))
