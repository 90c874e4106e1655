"""N cars, each alone on the ground of its own world, driven by contact physics."""

from __future__ import annotations

import mujoco
import numpy as np
from deepracer_core.errors import SimulationError
from deepracer_core.track.definition import Field
from mujoco.batch import Batch

from deepracer_sim.actuation import (
    approach,
    axles_of,
    hinge_angles,
    lag_part,
    wheel_speeds,
    wheel_tangent,
)
from deepracer_sim.car_model import CarModel
from deepracer_sim.engine import (
    CONTROL_PERIOD,
    JOINTS,
    Cars,
    CarStates,
    Commands,
    Conditions,
    Floats,
    planar_orientation,
)
from deepracer_sim.mujoco_engine.physics_model import (
    STANDING,
    SUBSTEPS,
    build_physics_model,
    wheel_geoms,
)
from deepracer_sim.vehicle_profile import VehicleProfile

_ORIENTATION = slice(3, 7)  # of base_link in qpos: w, x, y, z


class CarPhysics:
    """The bodies of N cars.

    A car that has turned over stays where it lies until it is reset: that ends an episode by the
    rules (off the track, or immobilized) as a collision with a wall does.
    """

    def __init__(
        self,
        car: CarModel,
        profile: VehicleProfile,
        field: Field,
        cars: int,
        substeps: int = SUBSTEPS,
    ) -> None:
        """Build N cars, all at the origin of the map until they are reset.

        Args:
            car: the car.
            profile: how it answers commands.
            field: rectangle inside the walls.
            cars: N.
            substeps: physics steps in a control period.

        Raises:
            SimulationError: MuJoCo refuses the URDF.
        """
        # Instabilities are raised by `step`; MuJoCo would write them into ./MUJOCO_LOG.TXT.
        mujoco.set_mju_user_warning(_ignore)
        self.model = build_physics_model(car, profile, field, substeps)
        self._profile = profile
        self._axles = axles_of(car)
        self._radius = float(car.wheels[0].position[2])
        self._substeps = substeps
        self._tread = np.zeros(cars)  # speed that the motor holds the wheels to [m/s]
        self._batch = Batch(self.model, cars, nthread=1)
        self.qpos, self._qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._ctrl = self._batch.bind("ctrl")
        self._friction = self._batch.expand("geom_friction")
        self._wheels = wheel_geoms(self.model)
        self._joints = [self.model.joint(name).qposadr[0] for name in JOINTS]
        self._batch.reset(keyframe=STANDING)

    def reset(self, cars: Cars, poses: Floats, conditions: Conditions) -> None:
        """Let K cars stand at poses (K, 3) on tyres of the given friction."""
        friction = self._profile.friction * conditions.friction
        self._friction[cars[:, None], self._wheels, 0] = friction[:, None]
        self._batch.reset(np.sort(cars), STANDING, mujoco.mjtStage.mjSTAGE_NONE.value)
        self._tread[cars] = 0.0
        self.qpos[cars, :2] = poses[:, :2]
        headings = np.roll(planar_orientation(poses[:, 2]), 1, axis=1)
        for car, heading in zip(cars, headings):
            tilt = self.model.key_qpos[STANDING, _ORIENTATION]
            mujoco.mju_mulQuat(self.qpos[car, _ORIENTATION], heading, tilt)

    def step(self, commands: Commands, conditions: Conditions) -> None:
        """Advance all cars by `CONTROL_PERIOD`.

        Raises:
            SimulationError: a car has become unstable.
        """
        steering = conditions.steering_gain * commands[:, 0]
        speed = conditions.speed_gain * commands[:, 1]
        tangent = wheel_tangent(steering, self._profile.linkage_ratio, self._axles)
        self._ctrl[:, :2] = np.stack(hinge_angles(tangent, self._axles), axis=1)
        substep = CONTROL_PERIOD / self._substeps
        part = lag_part(substep, self._profile.speed_lag)
        for _ in range(self._substeps):
            # As in planar: a step of the speed would let the front wheels, which a start unloads,
            # spin instead of steer.
            self._tread = approach(self._tread, speed, part, self._profile.acceleration * substep)
            rates = np.stack(wheel_speeds(self._tread, tangent, self._axles), axis=1)
            self._ctrl[:, 2:] = rates / self._radius
            self._batch.step(nstep=1)
        unstable = ~np.isfinite(self._qvel).all(axis=1) | self._batch.warning.any(axis=(1, 2))
        if unstable.any():
            raise SimulationError(
                f"the physics of cars {np.flatnonzero(unstable).tolist()} has become unstable; "
                "check masses, inertias and efforts of the URDF, and reset these cars"
            )

    @property
    def states(self) -> CarStates:
        """State of all cars now."""
        orientation = np.roll(self.qpos[:, _ORIENTATION], -1, axis=1)
        turn = rotations(orientation)
        return CarStates(
            position=self.qpos[:, :3].copy(),
            orientation=orientation,
            velocity=rotate(turn.transpose(0, 2, 1), self._qvel[:, :3])[:, :2],
            yaw_rate=rotate(turn, self._qvel[:, 3:6])[:, 2],
            joints=self.qpos[:, self._joints],
        )


def _ignore(_warning: str) -> None:
    pass


def rotations(orientation: Floats) -> Floats:
    """Rotation matrices (N, 3, 3) from the body to the map of quaternions (N, 4) x, y, z, w."""
    x, y, z, w = orientation.T
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return np.moveaxis(np.array(rows), -1, 0)


def rotate(turns: Floats, vectors: Floats) -> Floats:
    """Vectors (N, 3) rotated by matrices (N, 3, 3).

    The sums are written out: einsum rounds them differently for one car and for many.
    """
    x, y, z = vectors.T[:, :, None]
    rotated: Floats = turns[:, :, 0] * x + turns[:, :, 1] * y + turns[:, :, 2] * z
    return rotated
