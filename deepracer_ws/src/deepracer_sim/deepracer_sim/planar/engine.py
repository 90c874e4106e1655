"""The planar engine: single-track cars on a flat world, seen by an inverse-perspective renderer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from deepracer_core.errors import SimulationError
from deepracer_core.objects import ObjectStates
from deepracer_core.track.definition import TrackDefinition

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
from deepracer_sim.lens import Lens
from deepracer_sim.palettes import Palette
from deepracer_sim.planar import dynamics
from deepracer_sim.planar.plant import make_plant
from deepracer_sim.planar.renderer import PlanarRenderer
from deepracer_sim.vehicle_profile import VehicleProfile


class PlanarEngine:
    """N planar cars; an `engine.Engine` for training speed.

    The world is flat and unbounded: walls are seen but do not stop a car, which has left the track
    long before, and there are no objects. All cars stand at the origin until they are reset.
    """

    def __init__(
        self,
        definition: TrackDefinition,
        car: CarModel,
        profile: VehicleProfile,
        cars: int,
        image: ImageSpec,
        palettes: Sequence[Palette] | None = None,
        *,
        lens: Lens | None = None,
        threads: int = 1,
    ) -> None:
        """Build the world.

        Args:
            definition: the track.
            car: the car.
            profile: how it answers commands.
            cars: number of cars N.
            image: size and colours of the pictures.
            palettes: the colour sets that `Conditions.palette` counts; by default the track's own.
            lens: distortion of a real lens; none if not given.
            threads: how many render at a time, see `PlanarRenderer`.

        Raises:
            ConfigError: the lens is impossible.
        """
        self.cars = cars
        self._plant = make_plant(car, profile)
        self._states = np.zeros((cars, dynamics.STATE))
        self._seen: CarStates | None = None
        self._conditions = nominal_conditions(cars)
        self._renderer = PlanarRenderer(
            definition,
            image,
            palettes or [Palette.of(definition.colours)],
            lens=lens,
            threads=threads,
        )
        self._images = np.empty((cars, *image.shape), np.uint8)

    def reset(self, cars: Cars, poses: Floats, conditions: Conditions) -> None:
        """Put the given K cars at poses (K, 3) x, y [m], yaw [rad], standing still."""
        self._seen = None
        self._states[cars] = 0.0
        self._states[cars, dynamics.POSE] = poses
        self._conditions = self._conditions.put(cars, conditions)

    def place_objects(self, objects: ObjectStates) -> None:
        """Refuse them.

        Raises:
            SimulationError: always.
        """
        raise SimulationError(
            f"the planar engine cannot show the {len(objects.kinds)} objects of this race; "
            "use engine 'mujoco'"
        )

    def step(self, commands: Commands) -> None:
        """Advance all cars by `CONTROL_PERIOD`.

        Raises:
            SimulationError: a command is not finite.
        """
        check_commands(commands, self.cars)
        self._seen = None
        dynamics.advance(
            self._states,
            commands,
            self._conditions.friction,
            self._conditions.steering_gain,
            self._conditions.speed_gain,
            self._plant,
            dynamics.STEP,
            dynamics.SUBSTEPS,
        )

    @property
    def states(self) -> CarStates:
        """State of all cars now."""
        if self._seen is None:
            self._seen = self._look()
        return self._seen

    def render(self, cars: Cars | None = None) -> Images:
        """What the cameras of some or all cars see now; overwritten by the next call."""
        poses, conditions = self.states.poses, self._conditions
        if cars is not None:
            poses, conditions = poses[cars], conditions.of(cars)
        images = self._images[: len(poses)]
        self._renderer.render(poses, conditions, images)
        return images

    def close(self) -> None:
        """There is nothing to free."""

    def _look(self) -> CarStates:
        cars = self.cars
        seen = CarStates(
            position=np.empty((cars, 3)),
            orientation=np.empty((cars, 4)),
            velocity=np.empty((cars, 2)),
            yaw_rate=np.empty(cars),
            joints=np.empty((cars, len(JOINTS))),
        )
        dynamics.measure(self._states, self._plant.axles, *vars(seen).values())
        return seen
