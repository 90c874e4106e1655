"""The numbers of car and profile in the equations of motion of the planar engine."""

from __future__ import annotations

from typing import NamedTuple

from deepracer_sim.actuation import Axles, axles_of
from deepracer_sim.car_model import CarModel
from deepracer_sim.vehicle_profile import VehicleProfile


class Plant(NamedTuple):
    """What the equations of motion need; the origin is the centre of gravity.

    Attributes:
        axles: of the car.
        mass: [kg]
        yaw_inertia: [kg m2]
        centre: centre of gravity ahead of base_link [m].
        front: front axle ahead of the centre of gravity [m].
        rear: rear axle behind it [m].
        height: centre of gravity above the ground [m].
        wheel_radius: [m]
        largest_speed: at which the wheels turn as fast as they can [m/s].
        acceleration: largest one of the treads, by profile and motors [m/s2].
        linkage_ratio: as in the profile, like those that follow.
        steering_lag: [s]
        speed_lag: [s]
        friction: [1]
        tyre_stiffness: [1/rad]
    """

    axles: Axles
    mass: float
    yaw_inertia: float
    centre: float
    front: float
    rear: float
    height: float
    wheel_radius: float
    largest_speed: float
    acceleration: float
    linkage_ratio: float
    steering_lag: float
    speed_lag: float
    friction: float
    tyre_stiffness: float


def make_plant(car: CarModel, profile: VehicleProfile) -> Plant:
    """Put together car and profile."""
    centre = float(car.centre_of_gravity[0])
    front, _, rear, _ = car.wheels
    radius = float(front.position[2])
    force = sum(wheel.effort for wheel in car.wheels) / radius
    inertia = car.mass + car.wheel_inertia / radius**2
    return Plant(
        axles=axles_of(car),
        mass=car.mass,
        yaw_inertia=car.yaw_inertia,
        centre=centre,
        front=float(front.position[0]) - centre,
        rear=centre - float(rear.position[0]),
        height=float(car.centre_of_gravity[2]),
        wheel_radius=radius,
        largest_speed=radius * min(wheel.velocity for wheel in car.wheels),
        acceleration=min(profile.acceleration, force / inertia),
        linkage_ratio=profile.linkage_ratio,
        steering_lag=profile.steering_lag,
        speed_lag=profile.speed_lag,
        friction=profile.friction,
        tyre_stiffness=profile.tyre_stiffness,
    )
