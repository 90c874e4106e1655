"""From drive commands to pulses, with a last check of each command before the hardware.

* A command is used only if it is finite, within the car's limits, not older than 200 ms and not
  from the future; anything else means neutral at once: the old command is never kept.
* A command that was used expires before it is 200 ms old, by its stamp. From its arrival on this is
  timed by a clock that never jumps, so that a jump of the system's clock prolongs nothing.
* Nothing drives until the command gate has been seen STOPPED. So a servo node that was started
  again, because it or its guard had failed, does not drive off with a gate that never noticed: it
  takes an explicit start. Until then every command is refused. The same holds for one that was held
  up for longer than a gate waits for its driver.
* Neutral is the middle of both calibrated ranges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from deepracer_core.command_checks import (
    DriveCommand,
    GateLimits,
    Refusal,
    Refused,
    check_stamp,
    check_values,
)
from deepracer_core.errors import ConfigError
from deepracer_core.throttle import normalise_steering, speed_to_throttle
from deepracer_core.vehicle import VEHICLE

from deepracer_car.calibration import Calibration
from deepracer_car.guard import NOTHING_SET
from deepracer_car.latency import LatencyHistogram
from deepracer_car.pwm import Channel, Duties
from deepracer_car.speed_table import SpeedTable

TICK = 20_000_000
"""[ns] `Actuation.tick` is to be called this often."""
MARGIN = TICK + 30_000_000
"""[ns] A command expires this long before it is too old: between 150 and 170 ms after its stamp, by
when the tick comes. So neutral is set in time even if that tick is 30 ms late on a busy machine; of
three images at 15 fps one may still be lost, if the next comes through within 16 ms."""
GUARD_MARGIN = 20_000_000
"""[ns] The guard ends a command this long before it is too old, if the tick has not: 30 to 10 ms
after that should have come."""

NOT_ARMED = Refused(
    Refusal.MODE,
    "the command gate has not been STOPPED since this node started, or was held up: set the mode "
    "STOPPED, then the one that shall drive",
)


@dataclass(frozen=True)
class ActuationSettings:
    """How commands become positions of servo and motor; all may change while driving."""

    full_steering_angle: float = VEHICLE.max_steering_angle
    """Steering angle [rad] that gets full lock: the largest one of the model's action space."""
    full_speed: float = VEHICLE.max_speed
    """Speed [m/s] that gets `max_throttle`: the largest one of the model's action space."""
    max_throttle: float = 0.5
    """Largest throttle, 0 to 1: what the car's console sets with a slider."""

    def __post_init__(self) -> None:
        """Refuse what maps nothing.

        Raises:
            ConfigError: a value is outside its range.
        """
        for name in ("full_steering_angle", "full_speed"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name} = {getattr(self, name)}: give a finite number above 0")
        if not 0.0 <= self.max_throttle <= 1.0:
            raise ConfigError(f"max_throttle = {self.max_throttle}: give 0 to 1")


@dataclass
class Counters:
    """What became of the commands so far."""

    used: int = 0
    """Commands that were turned into pulses."""
    refused: int = 0
    """Commands that failed the checks."""
    expired: int = 0
    """Commands that were used until they grew too old."""


class Actuation:
    """Turns commands and the passing of time into pulses.

    Times are integers [ns]: `now` on the clock of the stamps, `steady` on one that never jumps.
    """

    def __init__(
        self,
        calibration: Calibration,
        settings: ActuationSettings | None = None,
        *,
        limits: GateLimits | None = None,
        table: SpeedTable | None = None,
    ) -> None:
        """Begin in neutral, not armed.

        Args:
            calibration: Pulses of this car.
            settings: How commands become positions.
            limits: What a command must keep to.
            table: Measured speeds; None: the car's own curve.
        """
        self._calibration = calibration
        self._limits = limits or GateLimits()
        self._table = table
        self.settings = settings or ActuationSettings()
        """In force from the next command on."""
        self.counters = Counters()
        """What became of the commands."""
        self.latency = LatencyHistogram()
        """From the stamp of each command to the moment its pulses were set."""
        self._armed = False
        self._driving: DriveCommand | None = None
        self._shown: Duties = self.neutral  # the pulses of the command that drives
        self._expiry = 0  # of that command, on the steady clock
        self._heard: int | None = None  # the latest tick or command, on the steady clock
        self._refusal = Refused(Refusal.NONE, "")

    @property
    def neutral(self) -> Duties:
        """Pulses of a car that stands straight."""
        return self._duties(0.0, 0.0)

    @property
    def is_armed(self) -> bool:
        """Whether commands may drive."""
        return self._armed

    @property
    def is_driving(self) -> bool:
        """Whether the car follows a command to move."""
        return self._driving is not None and self._driving.speed != 0.0

    @property
    def holds_until(self) -> int:
        """When the guard has to make neutral [ns], on the steady clock; NOTHING_SET in neutral."""
        if self._driving is None or self._shown == self.neutral:
            return NOTHING_SET
        return self._expiry - GUARD_MARGIN

    @property
    def refusal(self) -> Refused:
        """Why the latest command was refused; code NONE if it was not."""
        return self._refusal

    def arm(self) -> None:
        """Take commands from now on: the gate was seen STOPPED."""
        self._armed = True
        self._heard = None  # whatever was before

    def recalibrate(self, calibration: Calibration) -> None:
        """Use other pulses, in neutral and not armed: as if it had just begun."""
        self._calibration = calibration
        self._armed = False
        self._heard = None
        self._driving = None

    def command(self, command: DriveCommand, now: int, steady: int) -> Duties:
        """The pulses for a command that arrives: its own, or neutral if it is refused."""
        self._notice_absence(steady)
        refused = (
            (None if self._armed else NOT_ARMED)
            or check_values(command, self._limits)
            or check_stamp(command.stamp, None, now, self._limits)
        )
        if refused is not None:
            self._refusal = refused
            self.counters.refused += 1
            self._driving = None
            return self.neutral
        self._refusal = Refused(Refusal.NONE, "")
        self.counters.used += 1
        self._driving = command
        age = max(now - command.stamp, 0)
        self._expiry = steady + self._limits.max_age - age
        self._shown = self._duties(
            self._throttle(command.speed), self._position(command.steering_angle)
        )
        return self._shown

    def tick(self, steady: int) -> Duties | None:
        """Neutral if the command that drives could grow too old before the next tick, else None."""
        self._notice_absence(steady)
        if self._driving is None or steady + MARGIN < self._expiry:
            return None
        self._driving = None
        self.counters.expired += 1
        return self.neutral

    def wrote(self, command: DriveCommand, now: int) -> None:
        """Count the latency of a command whose pulses were set at `now`, if it was used."""
        if self._driving is command:
            self.latency.add(now - command.stamp)

    def change(self, **values: float) -> None:
        """Change settings by name, in force from the next command on.

        Raises:
            ConfigError: a value is outside its range; nothing is changed.
        """
        self.settings = replace(self.settings, **values)

    def _notice_absence(self, steady: int) -> None:
        """Take no more commands if no tick has come for so long that somebody has to start anew."""
        if self._heard is not None and steady - self._heard > self._limits.max_silence:
            self._armed = False
        self._heard = steady

    def _throttle(self, speed: float) -> float:
        """Throttle -1 to 1 for a speed [m/s]."""
        full, scale = self.settings.full_speed, self.settings.max_throttle
        if self._table is not None:
            wanted: float = self._table.throttle(speed)
            return min(max(wanted, -scale), scale)
        # Clipped, because the curve falls beyond the largest speed, to reverse at twice of it.
        return float(speed_to_throttle(min(max(speed, -full), full), full, scale))

    def _position(self, angle: float) -> float:
        """Servo position -1 to 1 for a steering angle [rad]."""
        return float(normalise_steering(angle, self.settings.full_steering_angle))

    def _duties(self, throttle: float, position: float) -> Duties:
        return {
            Channel.MOTOR: self._calibration.motor.duty(throttle),
            Channel.SERVO: self._calibration.servo.duty(position),
        }
