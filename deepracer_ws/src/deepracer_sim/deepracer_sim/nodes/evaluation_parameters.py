"""The parameters of an evaluation: `evaluation.config.to_parameters`, declared and read."""

from __future__ import annotations

from deepracer_core.episode import EpisodeRules
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_drive.parameters import declare
from rclpy.node import Node

from deepracer_sim.engine_factory import ENGINES
from deepracer_sim.evaluation.config import (
    MAX_COUNT,
    MAX_PENALTY,
    MAX_SPEED,
    MAX_STEPS,
    TRIALS,
    EvaluationConfig,
)
from deepracer_sim.nodes.race_parameters import (
    LOCKSTEP,
    REALTIME,
    declare_level,
    declare_lockstep,
    declare_objects,
    declare_profile,
)
from deepracer_sim.race_types import RACE_TYPES, TIME_TRIAL

DEFAULTS = EvaluationRules()


def declare_config(node: Node) -> EvaluationConfig:
    """The parameters of an evaluation (`evaluation.config.to_parameters`).

    Raises:
        ConfigError: a value contradicts another one.
    """

    def whole(name: str, default: int, description: str, low: int = 1) -> int:
        value: int = declare(node, name, default, description, bounds=(low, MAX_COUNT))
        return value

    def seconds(name: str, default: float, failure: str) -> float:
        description = f"for which a car is held after {failure} [s]"
        value: float = declare(node, name, default, description, bounds=(0.0, MAX_PENALTY))
        return value

    return EvaluationConfig(
        trials=whole("trials", TRIALS, "number of trials"),
        laps=whole("laps", 1, "laps in a row that make a trial"),
        continuous=declare(node, "continuous", False, "trials follow each other without a break"),
        race_type=declare(node, "race_type", TIME_TRIAL, f"one of {', '.join(RACE_TYPES)}"),
        objects=declare_objects(node),
        reverse=declare(node, "reverse", False, "drive against the direction of the definition"),
        engine=declare(node, "engine", "mujoco", f"of the simulator: {', '.join(ENGINES)}"),
        profile=declare_profile(node),
        pacing=LOCKSTEP if declare_lockstep(node) else REALTIME,
        level=declare_level(node),
        seed=declare(node, "seed", 0, "of all that is random", bounds=(0, 2**63 - 1)),
        max_speed=declare(node, "max_speed", MAX_SPEED, "of the command gate [m/s]"),
        robustness=declare(node, "robustness", False, "the trials are those of a grid"),
        rules=EvaluationRules(
            max_resets=whole("max_resets", DEFAULTS.max_resets, "in a run", low=0),
            off_track_penalty=seconds(
                "off_track_penalty", DEFAULTS.off_track_penalty, "leaving the track"
            ),
            collision_penalty=seconds("collision_penalty", DEFAULTS.collision_penalty, "a crash"),
            episode=EpisodeRules(max_steps=whole("max_steps", MAX_STEPS, "steps of a lap")),
        ),
    )
