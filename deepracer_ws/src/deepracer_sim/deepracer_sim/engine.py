"""What a simulation engine is: N cars, each in a world of its own, driven by commands.

An engine knows bodies and light, nothing of rewards, episodes or ROS. What happens to a picture or
a command outside of them (noise, latency, dropped frames) is done by its caller, once for all
engines. For equal calls an engine gives equal states and images, bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from deepracer_core.errors import SimulationError
from deepracer_core.objects import ObjectStates
from deepracer_core.vehicle import VEHICLE
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Commands = NDArray[np.float32]
Images = NDArray[np.uint8]
Cars = NDArray[np.intp]

CONTROL_PERIOD = 0.066
"""Simulated time of one step [s]: the nominal 15 Hz of DeepRacer, in whole physics steps."""

CONTROL_PERIOD_NANOSECONDS = 66_000_000
"""The same as integer, for time stamps [ns]."""

JOINTS = (
    "left_steering_hinge_joint",
    "right_steering_hinge_joint",
    "left_front_wheel_joint",
    "right_front_wheel_joint",
    "left_rear_wheel_joint",
    "right_rear_wheel_joint",
)
"""Names of the URDF's moving joints, in the order of `CarStates.joints`."""


@dataclass(frozen=True)
class ImageSpec:
    """Size and colours of the camera images that an engine renders.

    Named and cut as in `deepracer_core.camera.Preprocessing`: with the width, height and crop_top
    of a network, the engine renders what the network sees.
    """

    width: int = VEHICLE.camera.width
    """Columns [px]."""
    height: int = VEHICLE.camera.height
    """Rows of the whole picture [px]; pixels are square, so it sets the vertical field of view."""
    gray: bool = False
    """One channel with the luma weights of `deepracer_core.camera` instead of red, green, blue."""
    crop_top: int = 0
    """Rows cut off at the top [px], which need not be rendered."""

    @property
    def rows(self) -> int:
        """Rows that are left [px]."""
        return self.height - self.crop_top

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image: (rows, width) if gray, else (rows, width, 3)."""
        return (self.rows, self.width) if self.gray else (self.rows, self.width, 3)


@dataclass(frozen=True, eq=False)
class CarStates:
    """State of N cars; base_link in frame map, SI units.

    Attributes:
        position: (N, 3) x, y, z [m].
        orientation: (N, 4) unit quaternion x, y, z, w, the order of geometry_msgs.
        velocity: (N, 2) velocity of base_link along its own x and y axis [m/s].
        yaw_rate: (N,) [rad/s], left positive.
        joints: (N, 6) joint positions [rad], ordered as `JOINTS`.
    """

    position: Floats
    orientation: Floats
    velocity: Floats
    yaw_rate: Floats
    joints: Floats

    @cached_property
    def poses(self) -> Floats:
        """(N, 3) x, y [m], yaw [rad], from the quaternion, as every receiver of /odom gets it."""
        x, y, z, w = self.orientation.T
        yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        poses = np.empty((len(yaw), 3))  # filled by columns: np.column_stack takes thrice the time
        poses[:, :2], poses[:, 2] = self.position[:, :2], yaw
        return poses


def planar_orientation(yaw: Floats) -> Floats:
    """Quaternions (N, 4) x, y, z, w of turns by `yaw` (N,) [rad] about the vertical axis."""
    orientation = np.zeros((len(yaw), 4))
    orientation[:, 2], orientation[:, 3] = np.sin(yaw / 2.0), np.cos(yaw / 2.0)
    return orientation


@dataclass(frozen=True, eq=False)
class Conditions:
    """What may differ from one episode to the next in the world of each car; (N,) arrays.

    Attributes:
        friction: factor on the tyres' friction coefficient.
        steering_gain: factor on the commanded steering angle.
        speed_gain: factor on the commanded speed.
        camera_x: lens position ahead of its nominal place [m].
        camera_z: lens height above its nominal place [m].
        camera_pitch: axis below its nominal direction [rad].
        camera_fov: factor on the horizontal field of view.
        light: factor on the brightness of everything that is seen.
        palette: (N,) index of the colour set of field, walls, road and lines (`palettes`).
    """

    friction: Floats
    steering_gain: Floats
    speed_gain: Floats
    camera_x: Floats
    camera_z: Floats
    camera_pitch: Floats
    camera_fov: Floats
    light: Floats
    palette: NDArray[np.intp]

    def of(self, cars: Cars) -> Conditions:
        """Those of the given K cars only."""
        return Conditions(**{name: values[cars] for name, values in vars(self).items()})

    def put(self, cars: Cars, other: Conditions) -> Conditions:
        """These conditions with those of the given cars replaced by `other`, one row for each."""
        rows = {name: values.copy() for name, values in vars(self).items()}
        for name, values in rows.items():
            values[cars] = getattr(other, name)
        return Conditions(**rows)


def nominal_conditions(cars: int) -> Conditions:
    """Nothing differs: the world as it is defined, for `cars` cars."""
    ones, zeros = np.ones(cars), np.zeros(cars)
    return Conditions(
        friction=ones,
        steering_gain=ones,
        speed_gain=ones,
        camera_x=zeros,
        camera_z=zeros,
        camera_pitch=zeros,
        camera_fov=ones,
        light=ones,
        palette=np.zeros(cars, np.intp),
    )


def check_commands(commands: Commands, cars: int) -> None:
    """Refuse commands that no car can follow.

    Raises:
        SimulationError: they are not float32 of shape (cars, 2), or one is not finite.
    """
    if commands.shape != (cars, 2) or commands.dtype != np.float32:
        raise SimulationError(
            f"the commands are {commands.dtype} of shape {commands.shape}; give float32 of shape "
            f"({cars}, 2), a steering angle and a speed for each car"
        )
    refused = np.flatnonzero(~np.isfinite(commands).all(axis=1))
    if len(refused):
        car = refused[0]
        raise SimulationError(
            f"the command (steering, speed) {commands[car].tolist()} of car {car} is not finite; "
            "look at the policy or node that sent it"
        )


class Engine(Protocol):
    """N cars that do not see each other, advanced together."""

    cars: int
    """Number of cars N."""

    def reset(self, cars: Cars, poses: Floats, conditions: Conditions) -> None:
        """Put the given K cars at poses (K, 3) x, y [m], yaw [rad], standing still.

        Args:
            cars: (K,) indexes of the cars; all others go on undisturbed.
            poses: (K, 3) of base_link in frame map.
            conditions: of the K cars from now on.
        """

    def place_objects(self, objects: ObjectStates) -> None:
        """Show obstacles and other cars, M in the world of each car, at these poses from now on.

        Raises:
            SimulationError: the engine cannot show objects; use `mujoco`.
        """

    def step(self, commands: Commands) -> None:
        """Advance all cars by `CONTROL_PERIOD`.

        Args:
            commands: (N, 2) steering angle [rad], left positive, and speed [m/s]; float32, which is
                what an AckermannDrive message carries.

        Raises:
            SimulationError: a command is not finite, or the physics has become unstable.
        """

    @property
    def states(self) -> CarStates:
        """State of all cars now."""

    def render(self, cars: Cars | None = None) -> Images:
        """What the cameras of the given K cars, by default of all N, see now.

        Returns:
            (K, rows, width) gray or (K, rows, width, 3) RGB, overwritten by the next call.
        """

    def close(self) -> None:
        """Free what the engine holds outside Python; it cannot be used afterwards."""
