"""What is evaluated: the trials of a model on one track, and the runs in which they are driven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from deepracer_core.episode import EpisodeRules
from deepracer_core.errors import ConfigError
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.vehicle import VEHICLE

from deepracer_sim.evaluation.robustness import grid_settings
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.race_types import write_objects
from deepracer_sim.randomisation import Fixed
from deepracer_sim.start import MAX_SEED

MAX_STEPS = 3000
"""Steps that a lap may take, 198 s: who circles somewhere ends too. The 2018 guide's 1,000 are too
few for the longer tracks; simapp allows 100,000."""

MAX_COUNT = 100_000  # trials, laps, resets
MAX_PENALTY = 3600.0  # [s]
MAX_SPEED = VEHICLE.max_speed  # [m/s]

TRIALS = 3  # console
GRID_TRIALS = 50
"""Trials where no number is given, without and with a robustness grid."""


@dataclass(frozen=True)
class EvaluationConfig:
    """An evaluation on one track; what only the simulator does is there for the record.

    Raises:
        ConfigError: a value is out of range, or contradicts another one.
    """

    trials: int = TRIALS
    """Number of trials, each from a standing start at the start line."""
    laps: int = 1
    """Laps in a row that make a trial."""
    continuous: bool = False
    """Whether the trials, too, follow each other without a break."""
    race_type: str = "time_trial"
    """Key of `race_types.RACE_TYPES`."""
    objects: ObjectPlan | None = None
    """Obstacles or bot cars, if any."""
    reverse: bool = False
    """Whether the track is driven against the direction of its definition."""
    engine: str = "mujoco"
    """Of the simulator."""
    profile: str = "aws_sim"
    """Of the simulator."""
    pacing: str = "lockstep"
    """Of the simulator."""
    level: str = "none"
    """Of randomisation, of the simulator."""
    seed: int = 0
    """Of everything that is random."""
    max_speed: float = MAX_SPEED
    """To which the command gate holds the model [m/s]."""
    robustness: bool = False
    """Whether the trials are those of a robustness grid."""
    rules: EvaluationRules = field(
        default_factory=lambda: EvaluationRules(episode=EpisodeRules(max_steps=MAX_STEPS))
    )
    """Penalties, resets and limits; its numbers of trials and laps count for nothing."""

    def __post_init__(self) -> None:
        for name in ("trials", "laps"):
            if not 1 <= getattr(self, name) <= MAX_COUNT:
                raise ConfigError(f"{name} is {getattr(self, name)}: give 1 to {MAX_COUNT}")
        for name in ("off_track_penalty", "collision_penalty"):
            if not getattr(self.rules, name) <= MAX_PENALTY:
                raise ConfigError(
                    f"{name} is {getattr(self.rules, name)}: give 0 to {MAX_PENALTY} s"
                )
        if not 0 <= self.seed < 2**63:
            raise ConfigError(f"seed is {self.seed}: give 0 to 2^63 - 1")
        if not 0.0 < self.max_speed <= MAX_SPEED:
            raise ConfigError(f"max_speed is {self.max_speed}: give up to {MAX_SPEED:g} m/s")
        if self.robustness and self.continuous:
            raise ConfigError(
                "a robustness grid needs trials of their own: leave continuous or robustness out"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `results.json`."""
        values = asdict(self)
        values["objects"] = None if self.objects is None else write_objects(self.objects)
        for name in ("trials", "continuous"):
            del values["rules"][name]
        return values


def to_parameters(config: EvaluationConfig) -> dict[str, Any]:
    """The parameters of the evaluator that stand for a configuration (`nodes.evaluator`)."""
    names = ("trials", "laps", "continuous", "race_type", "reverse", "robustness", "seed")
    rules = ("max_resets", "off_track_penalty", "collision_penalty")
    return {
        **{name: getattr(config, name) for name in names},
        **{name: getattr(config.rules, name) for name in rules},
        "max_steps": config.rules.episode.max_steps,
        **world_parameters(config),
        **object_parameters(config.objects),
        "max_speed": config.max_speed,
    }


def world_parameters(config: EvaluationConfig) -> dict[str, Any]:
    """Those that say how the car is simulated."""
    names = ("engine", "profile", "pacing", "level")
    return {name: getattr(config, name) for name in names}


def object_parameters(plan: ObjectPlan | None) -> dict[str, Any]:
    """Those that say what stands or drives on the track (`nodes.race_parameters`)."""
    if plan is None:
        return {"obstacles": 0}
    return {
        "obstacles": plan.count,
        "obstacle_kind": plan.kind,
        "obstacles_at_random": plan.randomize,
        "obstacle_positions": list(plan.positions) or [""],
        "bot_speed": plan.speed,
        "bot_lane_changes": plan.lane_changes,
    }


@dataclass(frozen=True)
class Run:
    """What is driven from one standing start at the start line to the end of its last lap."""

    seed: int
    """Of all that is random in it."""
    laps: int
    """Number of laps."""
    settings: Fixed = ()
    """What a robustness grid fixes."""


def plan_runs(config: EvaluationConfig) -> list[Run]:
    """The runs of an evaluation: one for each trial, or a single one if it is continuous."""
    if config.continuous:
        return [Run(run_seed(config.seed, 0), config.trials * config.laps)]
    settings: Sequence[Fixed] = [()] * config.trials
    if config.robustness:
        settings = grid_settings(config.level, config.trials)
    return [
        Run(run_seed(config.seed, number), config.laps, fixed)
        for number, fixed in enumerate(settings)
    ]


def run_seed(seed: int, run: int) -> int:
    """Of a run, from 0; no two evaluations with different seeds share one but by chance."""
    drawn = int(np.random.SeedSequence((seed, run)).generate_state(1, np.uint64)[0])
    return min(drawn, MAX_SEED)
