"""How the car answers commands: named sets of constants, read from data/vehicle_profiles.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml
from deepracer_core.errors import SimulationError

DEFAULT_PROFILE = "aws_sim"
_COMMON = "common"


@dataclass(frozen=True)
class VehicleProfile:
    """What both engines obey. Sources of the numbers stand beside them in the data file."""

    name: str
    """Name of the profile."""
    linkage_ratio: float
    """Tangent of the mean road-wheel angle per tangent of the commanded steering angle."""
    steering_lag: float
    """Time constant with which the tangent of the mean road-wheel angle follows [s]."""
    speed_lag: float
    """Time constant with which the speed of the treads follows [s]."""
    acceleration: float
    """Largest change of the speed of the treads [m/s2]."""
    friction: float
    """Friction coefficient of the tyres on the ground."""
    tyre_stiffness: float
    """Tyre force per load at rest and per slip ratio or slip angle, below the limit [1/rad]."""


def profile_names() -> list[str]:
    """Names of all profiles, the default one first."""
    names = (name for name in _read() if name not in (_COMMON, DEFAULT_PROFILE))
    return [DEFAULT_PROFILE, *names]


def load_profile(name: str = DEFAULT_PROFILE) -> VehicleProfile:
    """Look up a profile.

    Raises:
        SimulationError: there is none of this name.
    """
    if name not in profile_names():
        raise SimulationError(
            f"there is no vehicle profile {name!r}; choose one of {', '.join(profile_names())}"
        )
    profiles = _read()
    return VehicleProfile(name=name, **{**profiles[_COMMON], **profiles[name]})


def _read() -> dict[str, Any]:
    path = resources.files("deepracer_sim").joinpath("data/vehicle_profiles.yaml")
    values: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return values
