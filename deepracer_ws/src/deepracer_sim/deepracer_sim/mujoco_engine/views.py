"""Pictures for people: from behind a car, and of the whole track from above."""

from __future__ import annotations

import math

import numpy as np
from deepracer_core.objects import PARKED_CAR, ObjectKind, ObjectStates
from deepracer_core.track.definition import TrackDefinition

from deepracer_sim.car_model import CarModel
from deepracer_sim.engine import CarStates, Images
from deepracer_sim.mujoco_engine.offscreen import Offscreen
from deepracer_sim.mujoco_engine.physics import rotations
from deepracer_sim.mujoco_engine.stage import Shot, Stage, standing
from deepracer_sim.mujoco_engine.world_model import build_world_model
from deepracer_sim.palettes import Palette

CHASE_DISTANCE = 1.5
"""Chase camera behind base_link [m]; simapp."""

CHASE_HEIGHT = 1.0
"""Chase camera above the ground [m]; simapp."""

CHASE_PITCH = math.radians(18.0)
"""Its axis below the horizon [rad]; simapp."""

CHASE_FOV = 1.13
"""Its horizontal field of view [rad], that of simapp's other cameras."""

TOP_HEIGHT = 20.0
"""Top camera above the ground [m]; its rays are parallel, so it need only clear the walls."""

MULTISAMPLING = 4


class Spectator:
    """Cameras for people in the world of one car; they work with the states of every engine."""

    def __init__(
        self,
        definition: TrackDefinition,
        car: CarModel,
        width: int,
        height: int,
        palette: Palette | None = None,
    ) -> None:
        """Build the world and the cameras.

        Args:
            definition: the track.
            car: the car.
            width: of the pictures [px].
            height: of the pictures [px].
            palette: colours of the world; the track's own by default.

        Raises:
            SimulationError: no OpenGL backend works, or the car cannot be shown.
        """
        palettes = (palette or Palette.of(definition.colours),)
        self._field, self._aspect = definition.field, width / height
        model = build_world_model(definition, palettes, car)
        self._stage = Stage(model, palettes, lit=True)
        self._offscreen = Offscreen(model, width, height, MULTISAMPLING)
        self._kinds: tuple[ObjectKind, ...] | None = None

    def chase(self, states: CarStates, car: int = 0, objects: ObjectStates | None = None) -> Images:
        """RGB picture (height, width, 3) of a car from behind."""
        self._show(states, car, objects)
        x, y, yaw = states.poses[car]
        ahead = np.array([math.cos(yaw), math.sin(yaw), 0.0])
        sin, cos = math.sin(CHASE_PITCH), math.cos(CHASE_PITCH)
        vertical = np.array([0.0, 0.0, 1.0])
        side = math.tan(CHASE_FOV / 2.0)
        return self._draw(
            Shot(
                position=np.array([x, y, CHASE_HEIGHT]) - CHASE_DISTANCE * ahead,
                forward=cos * ahead - sin * vertical,
                up=sin * ahead + cos * vertical,
                top=side / self._aspect,
                bottom=-side / self._aspect,
                side=side,
            )
        )

    def top(self, states: CarStates, car: int = 0, objects: ObjectStates | None = None) -> Images:
        """RGB picture (height, width, 3) of the whole field, north (y) up."""
        self._show(states, car, objects)
        field = self._field
        edge = max(field.y_max - field.y_min, (field.x_max - field.x_min) / self._aspect) / 2.0
        middle = (field.x_min + field.x_max) / 2.0, (field.y_min + field.y_max) / 2.0
        return self._draw(
            Shot(
                position=np.array([*middle, TOP_HEIGHT]),
                forward=np.array([0.0, 0.0, -1.0]),
                up=np.array([0.0, 1.0, 0.0]),
                top=edge,
                bottom=-edge,
                side=edge * self._aspect,
                orthographic=True,
            )
        )

    def _show(self, states: CarStates, car: int, objects: ObjectStates | None) -> None:
        """Put a car and the objects in its world where they are."""
        kinds = (PARKED_CAR, *(objects.kinds if objects else ()))
        poses = objects.poses[car] if objects else np.zeros((0, 3))
        if kinds != self._kinds:
            self._stage.set_cast(kinds)
            self._kinds = kinds
        self._stage.cast.set_joints(0, states.joints[car])
        positions, turns = standing(poses)
        own_turn = rotations(states.orientation[[car]])
        self._stage.cast.place(
            np.vstack((states.position[car], positions)), np.concatenate((own_turn, turns))
        )

    def _draw(self, shot: Shot) -> Images:
        self._stage.look(shot)
        self._offscreen.activate()
        return self._offscreen.draw(self._stage.scene)[::-1].copy()

    def close(self) -> None:
        """Free the OpenGL context."""
        self._offscreen.close()
