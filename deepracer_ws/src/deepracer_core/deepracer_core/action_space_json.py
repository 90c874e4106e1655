"""Action spaces as model_metadata.json has them: angles in degrees, speeds in m/s."""

from __future__ import annotations

from typing import Any

from deepracer_core.action_space import (
    ActionSpace,
    ContinuousActionSpace,
    DiscreteActionSpace,
    to_degrees,
)
from deepracer_core.json_fields import Fields

_FIELD = "action_space"


def read_action_space(value: Any) -> ActionSpace:
    """Read the field `action_space`: a list of actions is discrete, an object of ranges continuous.

    Raises:
        JsonError: a field is missing, unknown or of the wrong type.
        ActionSpaceError: a value is out of range.
    """
    if isinstance(value, list):
        return DiscreteActionSpace.from_degrees(
            _read_action(Fields(action, f"{_FIELD}[{index}]")) for index, action in enumerate(value)
        )
    ranges = Fields(value, _FIELD)
    ranges.allow_only("steering_angle", "speed")
    steering, speed = _read_range(ranges, "steering_angle"), _read_range(ranges, "speed")
    return ContinuousActionSpace.from_degrees(*steering, *speed)


def write_action_space(space: ActionSpace) -> Any:
    """Inverse of `read_action_space`."""
    if isinstance(space, DiscreteActionSpace):
        return [
            {"steering_angle": to_degrees(angle), "speed": speed} for angle, speed in space.actions
        ]
    return {
        "steering_angle": {
            "low": to_degrees(space.steering_low),
            "high": to_degrees(space.steering_high),
        },
        "speed": {"low": space.speed_low, "high": space.speed_high},
    }


def _read_action(action: Fields) -> tuple[float, float]:
    action.allow_only("steering_angle", "speed", "index")
    if "index" in action:
        action.integer("index")  # checked, then dropped: AWS' tools go by the order of the list
    return action.number("steering_angle"), action.number("speed")


def _read_range(ranges: Fields, name: str) -> tuple[float, float]:
    bounds = Fields(ranges.value(name), ranges.place(name))
    bounds.allow_only("low", "high")
    return bounds.number("low"), bounds.number("high")
