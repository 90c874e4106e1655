"""The joint commands for gz-sim drive a car: in MuJoCo, by the laws of gz-sim's systems.

AckermannSteering turns the hinges at a rate of gain * error, JointController holds the rear wheels
at a rate up to their torque, the front wheels roll freely; steps of 2 ms. The same commands go to
the engine `mujoco`, whose four wheels are driven and which lags within the period.
"""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest
from deepracer_core.track.definition import Field
from deepracer_sim.actuation import axles_of, hinge_angles
from deepracer_sim.engine import nominal_conditions
from deepracer_sim.gazebo.command_shaping import CommandShaper
from deepracer_sim.gazebo.names import (
    DRIVEN_JOINTS,
    STEERED_JOINTS,
    STEERING_GAIN,
    STEP_NANOSECONDS,
    STEPS_PER_PERIOD,
)
from deepracer_sim.mujoco_engine import physics_model
from deepracer_sim.mujoco_engine.physics import CarPhysics
from deepracer_sim.vehicle_profile import load_profile
from mujoco_samples import CAR, commands

AXLES = axles_of(CAR)
PLAIN = Field(-100.0, -100.0, 100.0, 100.0)
SERVO = 0.3  # [N m s/rad] torque per error of a rate: as good as at once


class ShapedCar:
    """A car that CommandShaper drives."""

    def __init__(self, profile):
        self.model = self.build(profile)
        self.data = mujoco.MjData(self.model)
        mujoco.mj_resetDataKeyframe(self.model, self.data, physics_model.STANDING)
        self.shaper = CommandShaper(CAR, profile)
        self.turning = np.zeros(2)  # rates of the hinges in the next step [rad/s]
        self.hinges = [self.model.joint(name).qposadr[0] for name in STEERED_JOINTS]

    @staticmethod
    def build(profile):
        spec = mujoco.MjSpec.from_string(CAR.urdf)
        spec.compiler.discardvisual = True
        spec.body("base_link").add_freejoint()
        physics_model._set_options(spec, STEPS_PER_PERIOD)
        physics_model._shape_contacts(spec, profile)
        physics_model._add_planes(spec, PLAIN)
        for joint in CAR.joints:
            if joint.name in STEERED_JOINTS + DRIVEN_JOINTS:
                servo = spec.add_actuator(name=joint.name, target=joint.name)
                servo.trntype = mujoco.mjtTrn.mjTRN_JOINT
                servo.set_to_velocity(kv=SERVO)
                servo.forcerange = (-joint.effort, joint.effort)
        spec.add_key()
        model = spec.compile()
        assert model.opt.timestep * 1e9 == pytest.approx(STEP_NANOSECONDS)
        physics_model._settle(model)
        return model

    def drive(self, steering, speed):
        """Advance by one control period."""
        told = self.shaper.shape(steering, speed)
        goals = np.array(hinge_angles(math.tan(told.steering_angle), AXLES))
        for _ in range(STEPS_PER_PERIOD):
            self.data.ctrl[:] = (*self.turning, told.left_rate, told.right_rate)
            mujoco.mj_step(self.model, self.data)
            self.turning = STEERING_GAIN * (goals - self.data.qpos[self.hinges])

    @property
    def motion(self):
        """Speed ahead and to the left [m/s], yaw rate [rad/s]."""
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, self.data.qpos[3:7])
        ahead, left, _ = turn.reshape(3, 3).T @ self.data.qvel[:3]
        return np.array([ahead, left, self.data.qvel[5]])


def engine_motion(profile, rows):
    engine = CarPhysics(CAR, profile, PLAIN, 1)
    engine.reset(np.array([0]), np.zeros((1, 3)), nominal_conditions(1))
    for row in rows:
        engine.step(commands(row), nominal_conditions(1))
    return np.array([*engine.states.velocity[0], engine.states.yaw_rate[0]])


@pytest.mark.parametrize("profile", ["aws_sim", "geometric"])
@pytest.mark.parametrize(("degrees", "speed"), [(20.0, 1.0), (-10.0, 1.5), (15.0, 2.0)])
def test_it_turns_as_in_mujoco(profile, degrees, speed):
    profile = load_profile(profile)
    car = ShapedCar(profile)
    rows = [(degrees, speed)] * 30
    for row in rows:
        car.drive(math.radians(row[0]), row[1])
    np.testing.assert_allclose(car.motion, engine_motion(profile, rows), rtol=0.03, atol=0.02)


def test_it_reaches_its_speed_and_brakes_in_a_bend_without_a_spin():
    car = ShapedCar(load_profile())
    sideways = []
    for speed in [2.5] * 15 + [0.5] * 15:
        car.drive(math.radians(10.0), speed)
        ahead, left, _ = car.motion
        sideways.append(math.atan2(left, ahead))
        if len(sideways) == 15:
            assert ahead == pytest.approx(2.5, rel=0.02)
    assert ahead == pytest.approx(0.5, abs=0.05)
    assert max(map(abs, sideways)) < math.radians(5.0)
