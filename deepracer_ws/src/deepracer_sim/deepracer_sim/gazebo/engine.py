"""A world of gz-sim as an engine of one car."""

from __future__ import annotations

import math

import numpy as np
from deepracer_core.errors import SimulationError
from deepracer_core.objects import ObjectStates

from deepracer_sim.car_model import CarModel
from deepracer_sim.engine import (
    JOINTS,
    Cars,
    CarStates,
    Commands,
    Conditions,
    Floats,
    Images,
    ImageSpec,
    check_commands,
    nominal_conditions,
)
from deepracer_sim.gazebo.client import GazeboClient
from deepracer_sim.gazebo.command_shaping import STANDSTILL, CommandShaper
from deepracer_sim.gazebo.stepper import Say, Stepper
from deepracer_sim.vehicle_profile import VehicleProfile

RESTING_SPEED = 0.05
"""Below this [m/s, rad/s] the car counts as standing."""

STOPPING_PERIODS = 25
"""Periods in which the car should have come to a stand: from 4 m/s its two driven wheels, with
half of its weight on them, need 0.8 to 1.2 s."""

SETTLING_PERIODS = 3
"""Periods that the car gets to settle on its wheels, 0.2 s, of which it falls for 0.05 s; for the
first ten steps after it was moved its velocity is told wrong."""

PLACING_ATTEMPTS = 3
"""How often the car is put down before giving up: one that fell off the world is fast at first."""

PLACE_TOLERANCE, TURN_TOLERANCE = 0.05, 0.1
"""How far from where it was put [m, rad] the car may come to rest."""


class GazeboEngine:
    """The car of a running server, as `engine.Engine`.

    Of the conditions of an episode it obeys steering and speed gain. Friction, light, colours and
    camera mount are parts of the SDF world and stay as they are.

    A reset does not touch the world's time: the car is stopped, put down and left to settle. It is
    never pushed by velocity commands, which on Harmonic would brake it for ever after.
    """

    cars = 1

    def __init__(
        self,
        client: GazeboClient,
        car: CarModel,
        profile: VehicleProfile,
        *,
        patience: float,
        start_patience: float,
        say: Say = print,
    ) -> None:
        """Wait for the server and take the car over.

        Args:
            client: of the server.
            car: as the world contains it.
            profile: how it answers commands.
            patience: time of the wall clock [s] that a step may take.
            start_patience: time of the wall clock [s] that the start may take.
            say: gets what people should know.

        Raises:
            SimulationError: the server does not come, or shows no image that fits.
        """
        self._client, self._patience, self._say = client, patience, say
        self._shaper = CommandShaper(car, profile)
        self._conditions = nominal_conditions(1)
        self._stepper = Stepper(client, patience, say)
        self._stepper.start(start_patience)
        shape = self._stepper.frame.pixels.shape
        if shape != ImageSpec().shape:
            raise SimulationError(
                f"the camera of gz-sim shows images of shape {shape}, not {ImageSpec().shape}; "
                "make the world anew with `ros2 run deepracer_sim build_world`"
            )

    def reset(self, _cars: Cars, poses: Floats, conditions: Conditions) -> None:
        """Stop the car, put it at a pose (1, 3) x, y [m], yaw [rad] and let it settle.

        Raises:
            SimulationError: it does not come to rest there.
        """
        x, y, yaw = poses[0].tolist()
        for _ in range(PLACING_ATTEMPTS):
            self._stop()
            answered = self._client.request_pose(x, y, yaw, self._patience)
            for _ in range(SETTLING_PERIODS - 1):
                self._stepper.advance(STANDSTILL, with_image=False)
            self._stepper.advance(STANDSTILL)
            if self._stands_at(x, y, yaw):
                break
            self._say(f"the car was put at {x:.2f}, {y:.2f} m but is not there; trying again")
        else:
            raise SimulationError(
                f"gz-sim does not leave the car where it is put, at {x:.2f}, {y:.2f} m (request "
                f"{'answered' if answered else 'not answered'}); look whether something stands "
                "there, and in the server's output for errors of set_pose"
            )
        self._shaper.reset()
        self._conditions = conditions

    def place_objects(self, _objects: ObjectStates) -> None:
        """Refuse: the world holds the track and the car alone.

        Raises:
            SimulationError: always.
        """
        raise SimulationError(
            "the worlds of gz-sim hold no obstacles or other cars; use engine 'mujoco' for them"
        )

    def step(self, commands: Commands) -> None:
        """Advance by a control period.

        Args:
            commands: (1, 2) float32, steering angle [rad] and speed [m/s].

        Raises:
            SimulationError: a command is not finite, or the server does not do it.
        """
        check_commands(commands, 1)
        steering, speed = commands[0].tolist()
        gains = self._conditions
        steering *= float(gains.steering_gain[0])
        speed *= float(gains.speed_gain[0])
        self._stepper.advance(self._shaper.shape(steering, speed))

    @property
    def states(self) -> CarStates:
        """State of the car now."""
        told, joints = self._stepper.odometry, self._client.joints
        return CarStates(
            position=np.array([told.position]),
            orientation=np.array([told.orientation]),
            velocity=np.array([told.velocity]),
            yaw_rate=np.array([told.yaw_rate]),
            joints=np.array([[joints.get(name, 0.0) for name in JOINTS]]),
        )

    def render(self, _cars: Cars | None = None) -> Images:
        """What the camera sees now, (1, rows, columns, 3); the caller may write into it."""
        pixels: Images = self._stepper.frame.pixels[np.newaxis].copy()
        return pixels

    def close(self) -> None:
        """Leave the server alone; its world is paused."""
        self._client.close()

    def _stop(self) -> None:
        """Command a standstill until the car stands, or time is up."""
        for _ in range(STOPPING_PERIODS):
            self._stepper.advance(STANDSTILL, with_image=False)
            if self._rests():
                return

    def _rests(self) -> bool:
        told = self._stepper.odometry
        return max(math.hypot(*told.velocity), abs(told.yaw_rate)) < RESTING_SPEED

    def _stands_at(self, x: float, y: float, yaw: float) -> bool:
        (there_x, there_y, there_yaw) = self.states.poses[0].tolist()
        turn = math.remainder(there_yaw - yaw, math.tau)
        near = math.hypot(there_x - x, there_y - y) < PLACE_TOLERANCE
        return near and abs(turn) < TURN_TOLERANCE and self._rests()
