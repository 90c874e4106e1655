"""What to send to the joints for a command, so that the car answers as the vehicle profile says.

The other engines follow the lags in steps of a few milliseconds. Here a command is held for a whole
control period, so it is chosen such that hinges and treads are, at the period's end, where the
profile would have them then.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from deepracer_sim.actuation import approach, axles_of, lag_part, wheel_speeds, wheel_tangent
from deepracer_sim.car_model import CarModel
from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.gazebo.names import STEERING_GAIN, STEP_NANOSECONDS, STEPS_PER_PERIOD
from deepracer_sim.vehicle_profile import VehicleProfile

DRIVEN_PART = 0.5
"""Part of the car's weight on its driven axle, and so of the profile's acceleration, which is what
four driven wheels can do, that two can."""

HINGE_PART = 1.0 - (1.0 - STEERING_GAIN * STEP_NANOSECONDS * 1e-9) ** (STEPS_PER_PERIOD - 1)
"""Part of the way to the held angle that a hinge goes in a period: AckermannSteering turns it by
gain * error * step in each physics step but the first, whose rate it has decided in the step
before."""


class JointCommands(NamedTuple):
    """What the joints are told until the next period.

    Attributes:
        steering_angle: mean road-wheel angle for AckermannSteering [rad], left positive.
        left_rate: of the left rear wheel [rad/s], forward positive.
        right_rate: of the right rear wheel [rad/s].
    """

    steering_angle: float
    left_rate: float
    right_rate: float


STANDSTILL = JointCommands(0.0, 0.0, 0.0)
"""Wheels straight and not turning."""


class CommandShaper:
    """Follows one car's commands, period by period."""

    def __init__(self, car: CarModel, profile: VehicleProfile) -> None:
        """Start with a car that stands still, its wheels straight.

        Args:
            car: as the world contains it.
            profile: how it is to answer.
        """
        self._profile, self._axles = profile, axles_of(car)
        self._radius = float(car.wheels[0].position[2])
        self._largest_rate = min(wheel.velocity for wheel in car.wheels)
        self.reset()

    def reset(self) -> None:
        """Forget what was commanded: the car stands still, its wheels straight."""
        self._tangent = self._speed = 0.0

    def shape(self, steering: float, speed: float) -> JointCommands:
        """What to send for a command, once in each control period.

        Args:
            steering: commanded steering angle [rad], left positive.
            speed: commanded speed [m/s].
        """
        profile, axles = self._profile, self._axles
        goal = float(wheel_tangent(steering, profile.linkage_ratio, axles))
        part = lag_part(CONTROL_PERIOD, profile.steering_lag)
        # The hinges alone would go HINGE_PART of the way to what they are told.
        told = self._tangent + part / HINGE_PART * (goal - self._tangent)
        told = min(max(told, -axles.largest_tangent), axles.largest_tangent)
        self._tangent += part * (goal - self._tangent)
        self._speed = float(
            approach(
                self._speed,
                speed,
                lag_part(CONTROL_PERIOD, profile.speed_lag),
                DRIVEN_PART * profile.acceleration * CONTROL_PERIOD,
            )
        )
        rear = wheel_speeds(self._speed, self._tangent, axles)[2:]
        return JointCommands(math.atan(told), *(self._rate(float(tread)) for tread in rear))

    def _rate(self, tread: float) -> float:
        """Rate of a wheel [rad/s] whose tread has this speed [m/s], within the joint's limit."""
        return min(max(tread / self._radius, -self._largest_rate), self._largest_rate)
