"""The car's geometry and limits, read from data/vehicle.yaml, which the URDF reads too."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml


@dataclass(frozen=True)
class CameraGeometry:
    """Where the front camera sits, what it sees, and the image that the policy gets."""

    x: float
    """Lens position ahead of base_link [m]."""
    z: float
    """Lens height above the ground [m]."""
    pitch: float
    """Angle of the optical axis below the horizon [rad]."""
    horizontal_fov: float
    """Horizontal field of view [rad]."""
    width: int
    """Image width [px]."""
    height: int
    """Image height [px]."""


@dataclass(frozen=True)
class VehicleGeometry:
    """Geometry and limits of the 1/18 car; frame base_link: on the ground, x forward, y left.

    Sources of the numbers stand beside them in data/vehicle.yaml.
    """

    front_axle_x: float
    """Front axle ahead of base_link [m]."""
    rear_axle_x: float
    """Rear axle ahead of base_link [m], negative."""
    front_track: float
    """Distance between the centres of the front wheels [m]."""
    rear_track: float
    """Distance between the centres of the rear wheels [m]."""
    wheel_radius: float
    """Rolling radius, also the height of the axles [m]."""
    wheel_width: float
    """Width of a tyre [m]."""
    front_point_x: float
    """The reference point P of reward parameters ahead of base_link [m]."""
    footprint_length: float
    """Length of the bounding rectangle centred on base_link [m]."""
    footprint_width: float
    """Width of the bounding rectangle centred on base_link [m]."""
    max_speed: float
    """Largest speed of an action [m/s]."""
    min_speed: float
    """Smallest speed of an action [m/s]."""
    max_steering_angle: float
    """Largest commanded steering angle to either side [rad]."""
    hinge_limit: float
    """Mechanical stop of a front wheel to either side [rad]."""
    max_wheel_rate: float
    """Largest rate of a wheel joint [rad/s]."""
    camera: CameraGeometry
    """The front camera."""

    @property
    def wheelbase(self) -> float:
        """Distance between the axles [m]."""
        return self.front_axle_x - self.rear_axle_x

    @property
    def wheel_centres(self) -> npt.NDArray[np.float64]:
        """Wheel centres in base_link, (4, 2) [m]: front left, front right, rear left and right."""
        front, rear = self.front_track / 2, self.rear_track / 2
        return np.array(
            [
                (self.front_axle_x, front),
                (self.front_axle_x, -front),
                (self.rear_axle_x, rear),
                (self.rear_axle_x, -rear),
            ]
        )


def _load() -> VehicleGeometry:
    text = resources.files("deepracer_core").joinpath("data/vehicle.yaml").read_text("utf-8")
    values: dict[str, Any] = yaml.safe_load(text)
    return VehicleGeometry(**{**values, "camera": CameraGeometry(**values["camera"])})


VEHICLE = _load()
"""The car that the stack simulates and drives."""
