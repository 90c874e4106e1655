"""The race types of the console, and what stands or drives on the track in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from deepracer_core.errors import ConfigError

from deepracer_sim.race_objects import BOT_CAR, ObjectPlan

TIME_TRIAL = "time_trial"


@dataclass(frozen=True)
class RaceType:
    """What is raced for."""

    description: str
    """For people."""
    plan: ObjectPlan | None = None
    """The objects, where nothing else is told; None for a track of one's own."""
    kinds: tuple[str, ...] = ()
    """What they may be."""
    max_count: int = 0
    """How many there may be in training (DRoA: obstacles; console: bot cars)."""


RACE_TYPES = {
    TIME_TRIAL: RaceType("alone on the track"),
    "object_avoidance": RaceType(
        "boxes or parked cars stand on the track",
        ObjectPlan("box", count=6, randomize=True),  # DRfC: 6
        kinds=("box", "parked_car"),
        max_count=6,
    ),
    "head_to_bot": RaceType(
        "slower cars drive on the track",
        ObjectPlan(BOT_CAR, count=3, randomize=True),  # DRfC: 3
        kinds=(BOT_CAR,),
        max_count=4,
    ),
}


def find_race_type(name: str) -> RaceType:
    """The race type of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in RACE_TYPES:
        raise ConfigError(f"race_type {name!r} is unknown: use one of {', '.join(RACE_TYPES)}")
    return RACE_TYPES[name]


def race_objects(race_type: str, changes: Mapping[str, Any]) -> ObjectPlan | None:
    """The objects of a race.

    Args:
        race_type: key of `RACE_TYPES`.
        changes: fields of `ObjectPlan` that differ from those of the race type.

    Raises:
        ConfigError: the race type or a field is unknown, or a value of the wrong type or out of
            range.
    """
    race = find_race_type(race_type)
    if race.plan is None:
        if changes:
            raise ConfigError(f"a {race_type} has no objects: leave objects out, or give another")
        return None
    checked = {name: _checked(name, value) for name, value in changes.items()}
    if checked.get("positions"):
        checked.setdefault("count", len(checked["positions"]))
    plan = replace(race.plan, **checked)
    if plan.kind not in race.kinds:
        raise ConfigError(f"{race_type} with {plan.kind!r}: give one of {', '.join(race.kinds)}")
    if plan.count > race.max_count:
        raise ConfigError(f"{plan.count} objects: give 1 to {race.max_count} for {race_type}")
    return plan


def write_objects(plan: ObjectPlan | None) -> dict[str, Any]:
    """Plain values from which `race_objects` makes the same."""
    if plan is None:
        return {}
    return {**asdict(plan), "positions": list(plan.positions)}


def _checked(name: str, value: Any) -> Any:
    """The value of a field of `ObjectPlan`, if it has the right type."""
    types: dict[str, tuple[type, ...]] = {
        "str": (str,),
        "int": (int,),
        "bool": (bool,),
        "float": (int, float),
        "tuple[str, ...]": (list, tuple),
    }
    known = {field.name: str(field.type) for field in fields(ObjectPlan)}
    if name not in known:
        raise ConfigError(f"objects have no {name!r}; they have {', '.join(known)}")
    if type(value) not in types[known[name]]:
        raise ConfigError(f"objects: {name} is {value!r}; give {known[name]}")
    if isinstance(value, list):
        return tuple(map(str, value))
    return float(value) if known[name] == "float" else value
