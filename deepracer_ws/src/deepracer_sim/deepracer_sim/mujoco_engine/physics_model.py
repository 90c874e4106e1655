"""The car and the planes that it touches, as a MuJoCo model compiled from the URDF.

Masses, inertias, joints, limits and collision shapes are the URDF's. Changed is only how wheels
meet the ground: they collide as ellipsoids, which touch it in one point. A cylinder touches it
along a line, whose ends take the load in turns, and cars with such wheels spin too early.
"""

from __future__ import annotations

import mujoco
import numpy as np
from deepracer_core.errors import SimulationError
from deepracer_core.track.definition import Field
from numpy.typing import NDArray

from deepracer_sim.car_model import ROOT, CarModel
from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.vehicle_profile import VehicleProfile

SUBSTEPS = 11
"""Physics steps of 6 ms in a control period. Below the limit of friction the number hardly matters:
paths of 2 s end within 1 cm of those with 44."""

FRICTION_STIFFNESS = 3.0
"""How much harder friction is than normal contact (MuJoCo: impratio). With 1, paths at 2.5 m/s
depend on the substeps; 10 is no better than 3 and takes a quarter more time."""

SOLVER_ITERATIONS = 15
"""Of the solver PGS, which starts from the last step's forces. Paths are as near to those of finer
steps as with MuJoCo's default solver, which takes half as long again where commands change at each
step, as in training. With 10, straight paths at 4 m/s begin to bend."""

STEERING_STIFFNESS = 5.0
"""Torque per angle error of a steering servo, critically damped [N m/rad]: all of the URDF's 1 N m
at 0.2 rad."""

WALL_FRICTION = 0.2
"""Smooth boards: cars slide along a wall and do not climb it."""

STANDING = 0
"""Keyframe of the car at the origin, settled on its wheels."""

_SETTLING_TIME = 1.0  # [s]
_WHEEL_GROUP, _BODY_GROUP = 1, 2  # bits: what a plane stops


def build_physics_model(
    car: CarModel, profile: VehicleProfile, field: Field, substeps: int = SUBSTEPS
) -> mujoco.MjModel:
    """Compile one car and its surroundings.

    Actuators are ordered as `engine.JOINTS`; they take angles [rad] and rates [rad/s].

    Raises:
        SimulationError: MuJoCo refuses the URDF.
    """
    try:
        spec = mujoco.MjSpec.from_string(car.urdf)
        spec.compiler.discardvisual = True
        spec.body(ROOT).add_freejoint()
        _set_options(spec, substeps)
        _shape_contacts(spec, profile)
        _add_planes(spec, field)
        _add_actuators(spec, car, profile)
        spec.add_key()
        model = spec.compile()
    except ValueError as error:
        raise SimulationError(f"MuJoCo refuses the car's URDF: {error}; correct it") from error
    _settle(model)
    return model


def wheel_geoms(model: mujoco.MjModel) -> NDArray[np.intp]:
    """Indexes of the wheels among the collision shapes."""
    return np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_ELLIPSOID)


def _set_options(spec: mujoco.MjSpec, substeps: int) -> None:
    spec.option.timestep = CONTROL_PERIOD / substeps
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = FRICTION_STIFFNESS
    spec.option.solver = mujoco.mjtSolver.mjSOL_PGS
    spec.option.iterations = SOLVER_ITERATIONS
    # An unstable car must be reported, not silently put back to the start.
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)


def _shape_contacts(spec: mujoco.MjSpec, profile: VehicleProfile) -> None:
    """Let the car's shapes collide with planes only, and the wheels with the profile's friction."""
    for geom in spec.geoms:
        geom.contype = 0
        geom.conaffinity = _BODY_GROUP
        if geom.type == mujoco.mjtGeom.mjGEOM_CYLINDER:
            radius, half_width, _ = geom.size
            geom.type = mujoco.mjtGeom.mjGEOM_ELLIPSOID
            geom.size = (radius, radius, half_width)
            geom.conaffinity = _WHEEL_GROUP
            geom.friction[0] = profile.friction
            geom.priority = 1  # the tyre's friction counts, not the larger of tyre and ground


def _add_planes(spec: mujoco.MjSpec, field: Field) -> None:
    """Ground and four walls; a plane stops whatever is behind it, at any speed."""
    _add_plane(spec, (0.0, 0.0), (0.0, 0.0, 1.0))
    low, high = (field.x_min, field.y_min), (field.x_max, field.y_max)
    for point, normal in ((low, (1, 0)), (low, (0, 1)), (high, (-1, 0)), (high, (0, -1))):
        wall = _add_plane(spec, point, (*normal, 0.0))
        wall.friction[0] = WALL_FRICTION
        wall.priority = 2


def _add_plane(
    spec: mujoco.MjSpec, point: tuple[float, float], normal: tuple[float, float, float]
) -> mujoco.MjsGeom:
    plane = spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=(0.0, 0.0, 1.0))
    plane.pos = (*point, 0.0)
    turn = np.zeros(4)
    mujoco.mju_quatZ2Vec(turn, np.array(normal, np.float64))
    plane.quat = turn
    plane.contype = _WHEEL_GROUP | _BODY_GROUP
    plane.conaffinity = 0
    return plane


def _add_actuators(spec: mujoco.MjSpec, car: CarModel, profile: VehicleProfile) -> None:
    for joint in car.joints:
        actuator = spec.add_actuator(name=joint.name, target=joint.name)
        actuator.trntype = mujoco.mjtTrn.mjTRN_JOINT
        actuator.forcerange = (-joint.effort, joint.effort)
        if joint in car.hinges:
            actuator.set_to_position(kp=STEERING_STIFFNESS, dampratio=1.0)
            actuator.dyntype = mujoco.mjtDyn.mjDYN_FILTEREXACT
            actuator.dynprm[0] = profile.steering_lag
        else:
            actuator.set_to_velocity(kv=_wheel_gain(car, profile))
            actuator.ctrlrange = (-joint.velocity, joint.velocity)


def _wheel_gain(car: CarModel, profile: VehicleProfile) -> float:
    """Torque per rate error [N m s/rad] that gives the car just the speed lag of the profile."""
    radius = car.wheels[0].position[2]
    inertia = car.mass * radius**2 + car.wheel_inertia
    return float(inertia / len(car.wheels) / profile.speed_lag)


def _settle(model: mujoco.MjModel) -> None:
    """Write the car at rest, with its wheels pressed into the ground, into the keyframe."""
    data = mujoco.MjData(model)
    mujoco.mj_step(model, data, nstep=round(_SETTLING_TIME / model.opt.timestep))
    model.key_qpos[STANDING] = data.qpos
    model.key_qpos[STANDING, :2] = 0.0
