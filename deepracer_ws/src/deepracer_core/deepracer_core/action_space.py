"""Action spaces: which pairs of steering angle and speed a policy chooses from.

An action is (steering angle [rad], left positive; speed [m/s]). The limits here are those of any
action space, also an imported one: what AWS' tools ever shipped or obeyed; beyond that a unit must
have been mistaken. So an imported model may ask for more than the car can do: AWS' simulator and
car clip, and so does `clip_to_car`. For the limits of a new model see `new_action_space`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from deepracer_core.errors import ActionSpaceError
from deepracer_core.vehicle import VEHICLE

MAX_STEERING_ANGLE = math.radians(45)
"""[rad] the widest action space that AWS shipped, the re:Invent 2018 default; legacy."""
MAX_SPEED = 10.0
"""[m/s] more than double what simapp obeys (4.0): whoever writes more means percent or km/h."""
MAX_ACTIONS = 256
"""Far beyond DRoA's 30; simapp sets no limit."""

_DEGREE_DECIMALS = 10

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DiscreteActionSpace:
    """A list of actions; the policy chooses one by its index.

    Steering angles are kept to 1e-10 deg, so that they survive the degrees of JSON unchanged.
    """

    actions: tuple[tuple[float, float], ...]
    """(steering angle [rad], speed [m/s]) of each action."""

    def __post_init__(self) -> None:
        """Check the actions.

        Raises:
            ActionSpaceError: there are none or too many, or one is not finite or out of range.
        """
        if not 0 < len(self.actions) <= MAX_ACTIONS:
            raise ActionSpaceError(
                f"an action space has 1 to {MAX_ACTIONS} actions, this one has {len(self.actions)}"
            )
        for index, (angle, speed) in enumerate(self.actions):
            _check_angle(angle, f"action {index}: steering_angle")
            _check_speed(speed, f"action {index}: speed")
        kept = tuple((_keep_angle(angle), float(speed)) for angle, speed in self.actions)
        object.__setattr__(self, "actions", kept)
        if self.max_speed == 0.0:
            raise ActionSpaceError("every action has speed 0: give at least one a speed above 0")

    @classmethod
    def from_degrees(cls, actions: Iterable[tuple[float, float]]) -> DiscreteActionSpace:
        """Build from pairs (steering angle [deg], speed [m/s]).

        Raises:
            ActionSpaceError: as the constructor.
        """
        return cls(tuple((math.radians(angle), speed) for angle, speed in actions))

    def __len__(self) -> int:
        """Number of actions."""
        return len(self.actions)

    def __getitem__(self, index: int) -> tuple[float, float]:
        """(steering angle [rad], speed [m/s]) of one action."""
        return self.actions[index]

    @cached_property
    def _table(self) -> Array:
        return np.array(self.actions)

    def from_index(self, indices: npt.ArrayLike) -> Array:
        """Look up actions.

        Args:
            indices: Index of the action of each car, any shape (...), integers.

        Returns:
            (..., 2): steering angle [rad] and speed [m/s].

        Raises:
            ActionSpaceError: an index is no integer or there is no such action.
        """
        chosen = np.asarray(indices)
        if not np.issubdtype(chosen.dtype, np.integer):
            raise ActionSpaceError(f"action indices are {chosen.dtype}, not integers")
        wrong = chosen[(chosen < 0) | (chosen >= len(self))]
        if wrong.size:
            raise ActionSpaceError(f"there is no action {wrong[0]}, only 0 to {len(self) - 1}")
        result: Array = self._table[chosen]
        return result

    @property
    def max_speed(self) -> float:
        """Largest speed of an action [m/s]."""
        return max(speed for _, speed in self.actions)

    @property
    def max_steering_angle(self) -> float:
        """Largest steering angle of an action to either side [rad]."""
        return max(abs(angle) for angle, _ in self.actions)


@dataclass(frozen=True)
class ContinuousActionSpace:
    """A range of steering angles and one of speeds; the policy chooses a point in [-1, 1]^2.

    Steering angles are kept to 1e-10 deg, so that they survive the degrees of JSON unchanged.
    """

    steering_low: float
    """Steering angle furthest to the right [rad]."""
    steering_high: float
    """Steering angle furthest to the left [rad]."""
    speed_low: float
    """Smallest speed [m/s]."""
    speed_high: float
    """Largest speed [m/s]."""

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ActionSpaceError: a bound is not finite or out of range, or a range is upside down.
        """
        for name in ("steering_low", "steering_high"):
            _check_angle(getattr(self, name), name)
            object.__setattr__(self, name, _keep_angle(getattr(self, name)))
        for name in ("speed_low", "speed_high"):
            _check_speed(getattr(self, name), name)
            object.__setattr__(self, name, float(getattr(self, name)))
        for what in ("steering", "speed"):
            if getattr(self, f"{what}_low") > getattr(self, f"{what}_high"):
                raise ActionSpaceError(f"{what}_low is above {what}_high: swap them")
        if self.speed_high == 0.0:
            raise ActionSpaceError("speed_high is 0: give a speed above 0")

    @classmethod
    def from_degrees(
        cls, steering_low: float, steering_high: float, speed_low: float, speed_high: float
    ) -> ContinuousActionSpace:
        """Build from steering angles in degrees and speeds in m/s.

        Raises:
            ActionSpaceError: as the constructor.
        """
        return cls(math.radians(steering_low), math.radians(steering_high), speed_low, speed_high)

    def from_normalised(self, outputs: npt.ArrayLike) -> Array:
        """Scale the network's outputs to actions, as stock car and simapp do.

        Args:
            outputs: (..., 2): steering and speed in [-1, 1]; what lies outside is clipped.

        Returns:
            (..., 2): steering angle [rad] and speed [m/s].

        Raises:
            ActionSpaceError: the last axis is not 2 long, or an output is NaN.
        """
        values = np.asarray(outputs, np.float64)
        if values.shape[-1:] != (2,):
            raise ActionSpaceError(f"outputs have shape {values.shape}: give (..., 2)")
        if np.isnan(values).any():
            place = np.argwhere(np.isnan(values))[0].tolist()
            raise ActionSpaceError(f"outputs are NaN at {place}: look at what computes them")
        fraction = (np.clip(values, -1.0, 1.0) + 1.0) / 2.0
        low = np.array((self.steering_low, self.speed_low))
        high = np.array((self.steering_high, self.speed_high))
        # This form gives both bounds exactly; between them, rounding must not leave the range.
        return np.clip(low * (1.0 - fraction) + high * fraction, low, high)

    @property
    def max_speed(self) -> float:
        """Largest speed [m/s]."""
        return self.speed_high

    @property
    def max_steering_angle(self) -> float:
        """Largest steering angle to either side [rad]."""
        return max(abs(self.steering_low), abs(self.steering_high))


ActionSpace: TypeAlias = DiscreteActionSpace | ContinuousActionSpace


def clip_to_car(actions: npt.ArrayLike) -> Array:
    """Clip actions to what the car is told to do at most, as simapp does; (..., 2) to (..., 2).

    Reward parameters show the action as it was chosen, the car gets it clipped (simapp).
    """
    lowest = (-VEHICLE.max_steering_angle, VEHICLE.min_speed)
    highest = (VEHICLE.max_steering_angle, VEHICLE.max_speed)
    return np.clip(np.asarray(actions, np.float64), lowest, highest)


def to_degrees(angle: float) -> float:
    """A steering angle [rad] as JSON has it [deg]."""
    return round(math.degrees(angle), _DEGREE_DECIMALS)


def _keep_angle(angle: float) -> float:
    return math.radians(to_degrees(angle))


def _check_angle(angle: float, what: str) -> None:
    if not abs(to_degrees(angle)) <= math.degrees(MAX_STEERING_ANGLE):
        raise ActionSpaceError(
            f"{what} is {to_degrees(angle)} deg: give -{math.degrees(MAX_STEERING_ANGLE):g} to "
            f"{math.degrees(MAX_STEERING_ANGLE):g} deg"
        )


def _check_speed(speed: float, what: str) -> None:
    if not 0.0 <= speed <= MAX_SPEED:
        raise ActionSpaceError(f"{what} is {speed} m/s: give 0 to {MAX_SPEED:g} m/s")
