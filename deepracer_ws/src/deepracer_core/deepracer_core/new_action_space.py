"""Action spaces of new models: the grid that the console builds, and the limits that it keeps."""

from __future__ import annotations

import math

from deepracer_core.action_space import (
    ActionSpace,
    ContinuousActionSpace,
    DiscreteActionSpace,
    to_degrees,
)
from deepracer_core.errors import ActionSpaceError

ACTIONS = (2, 30)
"""Number of actions of a discrete action space; DRoA."""
DISCRETE_SPEED = (0.1, 4.0)
"""[m/s] speeds of a discrete action space; DRoA."""
CONTINUOUS_SPEED = (0.5, 4.0)
"""[m/s] speeds of a continuous action space; DRoA."""
MAX_STEERING_ANGLE = math.radians(30)
"""[rad] largest steering angle to either side; DRoA."""


def grid(
    max_steering_angle: float = MAX_STEERING_ANGLE,
    steering_granularity: int = 5,
    max_speed: float = 0.8,
    speed_granularity: int = 2,
) -> DiscreteActionSpace:
    """Combine evenly spaced steering angles with evenly spaced speeds, as the console does.

    The defaults are those of the console: -30, -15, 0, 15, 30 deg, each with 0.4 and 0.8 m/s.

    Args:
        max_steering_angle: Steering angles go from minus to plus this [rad].
        steering_granularity: Number of steering angles, odd; the console offers 3, 5 and 7.
        max_speed: Speeds are max_speed * i / n for i = 1..n [m/s].
        speed_granularity: Number n of speeds; the console offers 1, 2 and 3.

    Returns:
        The actions in the console's order: from right to left, for each angle slow to fast.

    Raises:
        ActionSpaceError: a granularity is impossible, or the result is none for a new model.
    """
    if steering_granularity < 3 or steering_granularity % 2 == 0:
        raise ActionSpaceError(
            f"steering_granularity {steering_granularity}: give an odd number from 3, so that "
            f"straight ahead is one of the angles"
        )
    if speed_granularity < 1:
        raise ActionSpaceError(f"speed_granularity {speed_granularity}: give 1 or more")
    half = steering_granularity // 2
    space = DiscreteActionSpace(
        tuple(
            (max_steering_angle * side / half, max_speed * level / speed_granularity)
            for side in range(-half, half + 1)
            for level in range(1, speed_granularity + 1)
        )
    )
    check_new(space)
    return space


def check_new(space: ActionSpace) -> None:
    """Hold the action space of a new model to what the consoles offer (DRoA).

    Raises:
        ActionSpaceError: it goes beyond, repeats an action, or leaves nothing to choose.
    """
    if isinstance(space, DiscreteActionSpace):
        _check_discrete(space)
    else:
        _check_continuous(space)


def _check_discrete(space: DiscreteActionSpace) -> None:
    fewest, most = ACTIONS
    if not fewest <= len(space) <= most:
        raise ActionSpaceError(f"{len(space)} actions: a new action space has {fewest} to {most}")
    seen: dict[tuple[float, float], int] = {}
    for index, (angle, speed) in enumerate(space.actions):
        _check_angle(angle, f"action {index}: steering_angle")
        _check_speed(speed, DISCRETE_SPEED, f"action {index}: speed")
        first = seen.setdefault((angle, speed), index)
        if first != index:
            raise ActionSpaceError(f"action {index} repeats action {first}: remove one of them")


def _check_continuous(space: ContinuousActionSpace) -> None:
    _check_angle(space.steering_low, "steering_low")
    _check_angle(space.steering_high, "steering_high")
    if not space.steering_low <= 0.0 <= space.steering_high:
        raise ActionSpaceError(
            "steering_low to steering_high leaves out straight ahead: give one bound of 0 deg or "
            "less and one of 0 deg or more"
        )
    _check_speed(space.speed_low, CONTINUOUS_SPEED, "speed_low")
    _check_speed(space.speed_high, CONTINUOUS_SPEED, "speed_high")
    for what in ("steering", "speed"):
        if getattr(space, f"{what}_low") == getattr(space, f"{what}_high"):
            raise ActionSpaceError(f"{what}_low equals {what}_high: leave the policy a choice")


def _check_angle(angle: float, what: str) -> None:
    if abs(angle) > MAX_STEERING_ANGLE:
        limit = math.degrees(MAX_STEERING_ANGLE)
        raise ActionSpaceError(
            f"{what} is {to_degrees(angle)} deg: a new action space has -{limit:g} to {limit:g}"
        )


def _check_speed(speed: float, limits: tuple[float, float], what: str) -> None:
    if not limits[0] <= speed <= limits[1]:
        raise ActionSpaceError(
            f"{what} is {speed} m/s: a new action space of this kind has "
            f"{limits[0]:g} to {limits[1]:g} m/s"
        )
