"""A scene for the renderer: the world in one palette, cars and boxes in it, and a camera.

MuJoCo's own update of a scene walks through all of a model for each picture. Here the world is set
up once, and a picture costs its camera and who of the cast is in its view. The world glows in its
own colours instead of being lit: pictures have the colours of the track definition, as those of
`planar`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from deepracer_core.objects import ObjectKind

from deepracer_sim.engine import Floats, planar_orientation
from deepracer_sim.mujoco_engine.cast import (
    EXTENT,
    Booleans,
    CarLooks,
    Cast,
    collect_geoms,
    parts_of,
)
from deepracer_sim.mujoco_engine.physics import rotations
from deepracer_sim.mujoco_engine.world_model import (
    BACKGROUND,
    GROUND,
    WALLS,
    WORLD_GEOMS,
    opaque,
)
from deepracer_sim.palettes import Palette

NEAR, FAR = 0.01, 200.0
"""Distances between which there is something to see [m]."""

GLOW = 1.0
"""Emission of what needs no light."""

SHADE = 0.6
"""Emission of what the sun shades."""

SUN_DIRECTION = (-0.4, 0.3, -0.87)
SUN_BRIGHTNESS = 0.5


@dataclass(frozen=True, eq=False)
class Shot:
    """Where a camera is and what it sees.

    Attributes:
        position: (3,) of the lens in the map [m].
        forward: (3,) unit vector along its axis.
        up: (3,) unit vector towards the upper edge of the picture.
        top: upper edge of what it sees, as tangent of the angle above the axis; if orthographic, as
            distance from the axis [m].
        bottom: lower edge, likewise.
        side: left and right edge, likewise; it must fit the aspect of the picture.
        orthographic: whether all rays are parallel.
    """

    position: Floats
    forward: Floats
    up: Floats
    top: float
    bottom: float
    side: float
    orthographic: bool = False


class Stage:
    """The scene of one world model. Cars and boxes on it are its cast, empty at first."""

    def __init__(self, model: mujoco.MjModel, palettes: Sequence[Palette], *, lit: bool) -> None:
        """Set up the world.

        Args:
            model: of `world_model.build_world_model`.
            palettes: the colour sets that it was built with.
            lit: whether a light shades the cast, for people; else it glows as the world does.
        """
        self._model, self._car = model, CarLooks(model)
        self._palettes, self._lit = palettes, lit
        self.set_cast(())

    def set_cast(self, kinds: Sequence[ObjectKind]) -> None:
        """Choose who is on stage: boxes for `objects.BOX`, cars for all other kinds."""
        count = WORLD_GEOMS + sum(parts_of(kind, self._car) for kind in kinds)
        self.scene = scene = mujoco.MjvScene(self._model, maxgeom=count)
        data = mujoco.MjData(self._model)
        mujoco.mj_kinematics(self._model, data)
        collect_geoms(self._model, data, mujoco.mjtCatBit.mjCAT_STATIC, scene)
        scene.ngeom = count
        self._world = [scene.geoms[index] for index in range(WORLD_GEOMS)]
        geoms = [scene.geoms[index] for index in range(WORLD_GEOMS, count)]
        self.cast = Cast(kinds, self._car, geoms)
        self._set_light(geoms)
        self._palette = -1  # none is shown yet
        self.set_palette(0)
        scene.flags[:] = 0
        scene.flags[mujoco.mjtRndFlag.mjRND_CULL_FACE] = 1
        self._cameras = [scene.camera[0], scene.camera[1]]  # of the left and the right eye
        for camera in self._cameras:
            camera.frustum_near, camera.frustum_far, camera.frustum_center = NEAR, FAR, 0.0

    def set_palette(self, number: int) -> None:
        """Show the world in one of the palettes."""
        if number != self._palette:
            self._palette = number
            palette = self._palettes[number]
            self._world[GROUND].matid = self._world[GROUND].texid = number
            for part, colour in ((WALLS, palette.wall), (BACKGROUND, palette.background)):
                for geom in self._world[part]:
                    geom.rgba[:] = opaque(colour)

    def look(self, shot: Shot) -> None:
        """Point the camera, and show who of the cast it may see."""
        scale = 1.0 if shot.orthographic else NEAR
        for camera in self._cameras:
            camera.pos[:] = shot.position
            camera.forward[:] = shot.forward
            camera.up[:] = shot.up
            camera.frustum_top = scale * shot.top
            camera.frustum_bottom = scale * shot.bottom
            camera.orthographic = shot.orthographic
        if len(self.cast.positions):
            self.cast.show(_may_see(shot, self.cast.positions))

    def _set_light(self, cast: Sequence[mujoco.MjvGeom]) -> None:
        for geom in self._world:
            geom.emission, geom.specular = GLOW, 0.0
        for geom in cast:
            geom.emission, geom.specular = SHADE if self._lit else GLOW, 0.0
        self.scene.nlight = 1  # without any MuJoCo adds ambient light
        sun = self.scene.lights[0]
        sun.id = 0
        sun.type = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL.value
        sun.headlight = sun.castshadow = 0
        sun.dir[:] = SUN_DIRECTION
        sun.attenuation[:] = (1.0, 0.0, 0.0)
        sun.ambient[:] = sun.specular[:] = 0.0
        sun.diffuse[:] = SUN_BRIGHTNESS if self._lit else 0.0


def standing(poses: Floats) -> tuple[Floats, Floats]:
    """Positions (M, 3) and rotations (M, 3, 3) of what stands on the ground at poses (M, 3)."""
    positions = np.column_stack((poses[:, :2], np.zeros(len(poses))))
    return positions, rotations(planar_orientation(poses[:, 2]))


def _may_see(shot: Shot, positions: Floats) -> Booleans:
    """Who at positions (M, 3) is at least partly before the camera and between its sides."""
    if shot.orthographic:
        return np.ones(len(positions), np.bool_)
    offset = positions - shot.position
    depth = offset @ shot.forward
    beside = np.abs(offset @ np.cross(shot.forward, shot.up))
    reach = EXTENT * math.hypot(1.0, shot.side)
    return np.asarray((depth > -EXTENT) & (beside < depth * shot.side + reach))
