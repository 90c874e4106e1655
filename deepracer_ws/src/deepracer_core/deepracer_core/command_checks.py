"""What makes a drive command acceptable: pure checks and limits, without state and without a clock.

The command gate applies them to what it passes on; whoever sits between the gate and the hardware
applies the same again. Times are integers [ns] of one clock that its callers share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from deepracer_core.errors import ConfigError
from deepracer_core.vehicle import VEHICLE

NANOSECONDS = 1_000_000_000
"""In one second."""


def as_carried_by_float32(limit: float) -> float:
    """The smallest limit that still admits `limit` [any unit] after a message's float32 rounded it.

    AckermannDrive carries float32: 30 deg arrive as 0.52359879, a little more than 30 deg.
    """
    return max(limit, float(np.float32(limit)))


@dataclass(frozen=True)
class GateLimits:
    """What the gate lets through; a value exactly on a limit passes."""

    max_steering_angle: float = as_carried_by_float32(VEHICLE.max_steering_angle)
    """Largest steering angle to either side [rad]; beyond it a command is refused."""
    max_speed: float = as_carried_by_float32(VEHICLE.max_speed)
    """Largest speed forwards and backwards [m/s]; beyond it a command is refused."""
    max_steering_rate: float = 16.0
    """Fastest change of the steering angle [rad/s]; faster ones are held to it. Lock to lock within
    one control period of 66 ms takes 15.9 rad/s, so that no 15 Hz policy is altered."""
    max_acceleration: float = 61.0
    """Fastest gain of speed [m/s^2]; faster ones are held to it, slowing down never is. From 0 to
    4 m/s within one control period takes 60.6 m/s^2; a car for beginners may set it lower."""
    max_age: int = 200_000_000
    """Oldest command that drives [ns], by its stamp: the timeout of ackermann_mux on F1TENTH cars,
    0.8 m at 4 m/s."""
    max_lead: int = 10_000_000
    """How far a stamp may lie in the future [ns]: two clocks of one network kept by NTP differ by
    less. In lockstep simulation stamp and clock travel on two topics: one control period there."""
    max_silence: int = 1_000_000_000
    """Silence of the driver [ns] after which the mode ends: COM_OF_LOSS_T of PX4."""

    def __post_init__(self) -> None:
        """Refuse limits that limit nothing.

        Raises:
            ConfigError: a limit is not finite or not positive, or the silence is shorter than the
                age limit.
        """
        for name in ("max_steering_angle", "max_speed", "max_steering_rate", "max_acceleration"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} = {getattr(self, name)}: give a finite number above 0")
        if self.max_lead < 0:
            raise ConfigError(f"max_lead = {self.max_lead} ns: give 0 or more")
        if not 0 < self.max_age <= self.max_silence:
            raise ConfigError(
                f"max_age = {self.max_age} ns and max_silence = {self.max_silence} ns: "
                f"give an age above 0 and a silence that is not shorter"
            )


@dataclass(frozen=True)
class DriveCommand:
    """What the car is told to do; equals ackermann_msgs/AckermannDriveStamped in content."""

    stamp: int
    """Time of the observation that was decided on [ns]."""
    steering_angle: float
    """Angle of the front wheels [rad], left positive."""
    speed: float
    """Speed [m/s], negative backwards."""


class Refusal(IntEnum):
    """Why a command was refused, or the car stopped; REFUSAL_* of GateStatus.msg."""

    NONE = 0
    MODE = 1
    PRIORITY = 2
    STALE = 3
    FUTURE = 4
    OUT_OF_ORDER = 5
    NOT_FINITE = 6
    OUT_OF_RANGE = 7
    CLOCK = 8
    OBSTACLE = 9


@dataclass(frozen=True)
class Refused:
    """A refusal and the sentence that explains it."""

    code: Refusal
    """The reason as a code."""
    reason: str
    """What was refused, why, and what to do about it."""


def check_age(stamp: int, now: int, limits: GateLimits) -> Refused | None:
    """Find whether a command stamped `stamp` is too old at `now` (both [ns])."""
    age = now - stamp
    if age <= limits.max_age:
        return None
    return Refused(
        Refusal.STALE,
        f"the command is {_ms(age)} old, more than {_ms(limits.max_age)}: "
        f"look for a source that is slow or dead, or a clock that lags",
    )


def check_stamp(stamp: int, newest: int | None, now: int, limits: GateLimits) -> Refused | None:
    """Find what is wrong with a command's stamp, if anything.

    Args:
        stamp: The command's stamp [ns].
        newest: Stamp of the last command taken from the same source [ns], None if there is none.
        now: The time [ns].
        limits: Age limit and permitted lead.
    """
    lead = stamp - now
    if lead > limits.max_lead:
        return Refused(
            Refusal.FUTURE,
            f"the stamp lies {_ms(lead)} in the future, more than {_ms(limits.max_lead)}: "
            f"synchronise the clocks of the machines",
        )
    if newest is not None and stamp <= newest:
        return Refused(
            Refusal.OUT_OF_ORDER,
            f"the stamp is {_ms(newest - stamp)} older than that of the last command taken: "
            f"look for a second publisher or a repeated message",
        )
    return check_age(stamp, now, limits)


def check_values(command: DriveCommand, limits: GateLimits) -> Refused | None:
    """Find what is wrong with a command's steering angle and speed, if anything."""
    for name, value, limit, unit in (
        ("steering_angle", command.steering_angle, limits.max_steering_angle, "rad"),
        ("speed", command.speed, limits.max_speed, "m/s"),
    ):
        if not math.isfinite(value):
            return Refused(Refusal.NOT_FINITE, f"{name} is {value}: look at what computes it")
        if abs(value) > limit:
            return Refused(
                Refusal.OUT_OF_RANGE,
                f"{name} {value:.9g} {unit} lies outside +-{limit:.9g} {unit}: "
                f"have its source clip it",
            )
    return None


def limit_steering(wanted: float, previous: float, step: float) -> float:
    """Turn from `previous` towards `wanted` by at most `step` (all [rad])."""
    return min(max(wanted, previous - step), previous + step)


def limit_speed(wanted: float, previous: float, step: float) -> float:
    """Gain at most `step` of speed in the direction of `wanted` (all [m/s]); slow down at will.

    A change of direction begins at standstill.
    """
    start = abs(previous) if previous * wanted > 0.0 else 0.0
    return math.copysign(min(abs(wanted), start + step), wanted)


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.1f} ms"
