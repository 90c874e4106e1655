"""What an evaluation consists of, and what a failure costs."""

from __future__ import annotations

from dataclasses import dataclass, field

from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.errors import ConfigError


@dataclass(frozen=True)
class EvaluationRules:
    """The rules of an evaluation; each lap is a trial.

    Raises:
        ConfigError: a value is out of its range.
    """

    trials: int = 3
    """Laps to drive, each a line of the result (console: 3 to 5, default 3)."""
    continuous: bool = False
    """Whether the laps follow each other without a break instead of each from the start line."""
    max_resets: int = 100
    """How often a car is put back in a trial, or a continuous run, before it ends (DRfC: 100)."""
    off_track_penalty: float = 2.0
    """Seconds that a car is held for leaving the track or reversing (simapp: 2, DRfC: 5)."""
    collision_penalty: float = 5.0
    """Seconds that a car is held for hitting an object (simapp, DRfC: 5)."""
    reset_behind_distance: float = 1.0
    """How far behind an object a car is put back [m] (simapp RESET_BEHIND_DIST)."""
    reset_ahead_distance: float = 1.0
    """How far ahead of an object a mercy reset puts a car [m] (simapp RESET_AHEAD_DIST)."""
    mercy_crashes: int = 3
    """Failures at the same object that bring a mercy reset (simapp); 0 for never."""
    prepare_time: float = 0.0
    """Seconds that a car stands at the start before it may go (simapp: only in virtual races)."""
    episode: EpisodeRules = field(default_factory=EpisodeRules)
    """Limits of a lap, its steps counted without those of a hold; the time limit is for a run."""

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ConfigError(f"EvaluationRules.trials is {self.trials}: give 1 or more")
        if self.episode.laps != 1:
            raise ConfigError(
                f"EvaluationRules.episode.laps is {self.episode.laps}: leave it at 1, "
                "the number of laps is that of the trials"
            )
        for name, value in vars(self).items():
            if isinstance(value, (int, float)) and not value >= 0:
                raise ConfigError(f"EvaluationRules.{name} is {value}: give 0 or more")

    def penalty(self, failure: EpisodeStatus) -> float:
        """Seconds that a car is held for a failure; none for getting stuck (simapp)."""
        return {
            EpisodeStatus.OFF_TRACK: self.off_track_penalty,
            EpisodeStatus.REVERSED: self.off_track_penalty,
            EpisodeStatus.CRASHED: self.collision_penalty,
            EpisodeStatus.IMMOBILIZED: 0.0,
        }[failure]
