"""The engine `mujoco`: contact physics, obstacles and other cars, and pictures by OpenGL."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from deepracer_core.objects import ObjectStates
from deepracer_core.track.definition import TrackDefinition

from deepracer_sim.car_model import CarModel
from deepracer_sim.engine import (
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
from deepracer_sim.ground import Image
from deepracer_sim.mujoco_engine.camera_pose import camera_shots
from deepracer_sim.mujoco_engine.offscreen import Offscreen
from deepracer_sim.mujoco_engine.physics import CarPhysics
from deepracer_sim.mujoco_engine.stage import Shot, Stage, standing
from deepracer_sim.mujoco_engine.world_model import build_world_model
from deepracer_sim.palettes import Palette
from deepracer_sim.vehicle_profile import VehicleProfile


class MujocoEngine:
    """N cars that do not see each other, in three dimensions.

    Obstacles and other cars are seen but not felt: the crash rule (`deepracer_core.objects`) says
    who has hit what, the same for all engines. A car's own parts are not in its picture.

    OpenGL binds its context to a thread: make, use and close an engine in the same one.
    """

    def __init__(
        self,
        definition: TrackDefinition,
        car: CarModel,
        profile: VehicleProfile,
        cars: int,
        image: ImageSpec,
        palettes: Sequence[Palette] | None = None,
    ) -> None:
        """Build worlds, cars and cameras; all cars stand at the origin until they are reset.

        Args:
            definition: the track.
            car: the car.
            profile: how it answers commands.
            cars: N.
            image: of the camera.
            palettes: the colour sets that `Conditions.palette` counts; by default the track's own.

        Raises:
            SimulationError: the car cannot be built, or no OpenGL backend works.
        """
        self.cars = cars
        palettes = palettes or (Palette.of(definition.colours),)
        self._image, self._conditions = image, nominal_conditions(cars)
        self._physics = CarPhysics(car, profile, definition.field, cars)
        world = build_world_model(definition, palettes, car)
        self._stage = Stage(world, palettes, lit=False)
        self._offscreen = Offscreen(world, image.width, image.rows)
        self._objects: ObjectStates | None = None
        self._images: Images = np.zeros((cars, *image.shape), np.uint8)
        self._developed = np.zeros(image.shape, np.uint8)

    def reset(self, cars: Cars, poses: Floats, conditions: Conditions) -> None:
        """Put the given cars at poses; see `Engine.reset`."""
        self._conditions = self._conditions.put(cars, conditions)
        self._physics.reset(cars, poses, conditions)

    def place_objects(self, objects: ObjectStates) -> None:
        """Show objects from now on; see `Engine.place_objects`."""
        if self._objects is None or objects.kinds != self._objects.kinds:
            self._stage.set_cast(objects.kinds)
        self._objects = objects

    def step(self, commands: Commands) -> None:
        """Advance all cars; see `Engine.step`."""
        check_commands(commands, self.cars)
        self._physics.step(commands, self._conditions)

    @property
    def states(self) -> CarStates:
        """State of all cars now."""
        return self._physics.states

    def render(self, cars: Cars | None = None) -> Images:
        """What the cameras of some or all cars see now; see `Engine.render`."""
        self._offscreen.activate()
        shots = camera_shots(self.states, self._conditions, self._image)
        cars = np.arange(self.cars) if cars is None else cars
        for row, car in enumerate(cars.tolist()):
            self._images[row] = self._photograph(car, shots[car])
        return self._images[: len(cars)]

    def close(self) -> None:
        """Free the OpenGL context; the engine cannot be used afterwards."""
        self._offscreen.close()

    def _photograph(self, car: int, shot: Shot) -> Image:
        """Draw what one car sees."""
        self._stage.set_palette(int(self._conditions.palette[car]))
        if self._objects is not None:
            self._stage.cast.place(*standing(self._objects.poses[car]))
        self._stage.look(shot)
        pixels = self._offscreen.draw(self._stage.scene)
        return self._develop(pixels, float(self._conditions.light[car]))[::-1]

    def _develop(self, pixels: Image, light: float) -> Image:
        """Bring what OpenGL drew to the wanted colours and brightness."""
        if self._image.gray:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY, dst=self._developed)
        if light != 1.0:
            pixels = cv2.convertScaleAbs(pixels, dst=self._developed, alpha=light)
        return pixels
