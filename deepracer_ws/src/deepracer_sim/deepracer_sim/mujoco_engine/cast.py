"""Cars and boxes on a stage: what they are made of, and where their parts go."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from deepracer_core.objects import BOX, ObjectKind
from numpy.typing import NDArray

from deepracer_sim.engine import JOINTS, Floats
from deepracer_sim.mujoco_engine.world_model import opaque

Booleans = NDArray[np.bool_]

BOX_SIZE = (0.4, 0.3, 0.25)
"""Length, width and height of the obstacle that stands for `objects.BOX` [m]; simapp."""

BOX_COLOUR = (150, 111, 72)
"""Cardboard (sRGB)."""

EXTENT = 0.36
"""No part of a box or a car is further from its origin [m]."""

# A text label without text.
_NOTHING = mujoco.mjtGeom.mjGEOM_LABEL.value

# What makes a geom of a scene look as it does, wherever it is.
_LOOKS = ("type", "dataid", "objtype", "objid", "category", "matid", "segid", "size", "rgba")


class CarLooks:
    """The visible parts of the car in a world model."""

    def __init__(self, model: mujoco.MjModel) -> None:
        """Find them; `model` is one of `world_model.build_world_model`."""
        self._model, self._data = model, mujoco.MjData(model)
        self._ids = np.flatnonzero(model.geom_bodyid != 0)
        self._joints = [model.joint(name).qposadr[0] for name in JOINTS]
        self._templates = mujoco.MjvScene(model, maxgeom=len(self._ids))
        mujoco.mj_kinematics(model, self._data)
        collect_geoms(model, self._data, mujoco.mjtCatBit.mjCAT_DYNAMIC, self._templates)

    @property
    def parts(self) -> int:
        """How many there are."""
        return len(self._ids)

    def dress(self, geoms: Sequence[mujoco.MjvGeom]) -> None:
        """Make geoms of another scene look like the car's parts."""
        for template, geom in zip(self._templates.geoms, geoms):
            for name in _LOOKS:
                value = getattr(template, name)
                if isinstance(value, np.ndarray):
                    getattr(geom, name)[:] = value
                else:
                    setattr(geom, name, value)

    def pose(self, joints: Floats) -> tuple[Floats, Floats]:
        """Places (G, 3) and turns (G, 3, 3) of the parts of a car at the origin.

        Args:
            joints: (6,) positions [rad] of `engine.JOINTS`.
        """
        self._data.qpos[self._joints] = joints
        mujoco.mj_kinematics(self._model, self._data)
        places = self._data.geom_xpos[self._ids]
        return places, self._data.geom_xmat[self._ids].reshape(-1, 3, 3)


class Cast:
    """M cars and boxes in a scene."""

    def __init__(
        self, kinds: Sequence[ObjectKind], car: CarLooks, geoms: Sequence[mujoco.MjvGeom]
    ) -> None:
        """Dress geoms of a scene, `parts_of` them all, as boxes (`objects.BOX`) or else as cars."""
        self._car, self._geoms = car, geoms
        self._owners = np.repeat(np.arange(len(kinds)), [parts_of(kind, car) for kind in kinds])
        self._places, self._turns = np.zeros((len(geoms), 3)), np.zeros((len(geoms), 3, 3))
        for member, kind in enumerate(kinds):
            own = np.flatnonzero(self._owners == member)
            self._dress_as_box(own)
            if kind != BOX:
                car.dress([geoms[part] for part in own.tolist()])
                self.set_joints(member, np.zeros(len(JOINTS)))
        self._types = [geom.type for geom in geoms]
        self._shown = np.ones(len(geoms), np.bool_)
        self.place(np.zeros((len(kinds), 3)), np.zeros((len(kinds), 3, 3)))

    def set_joints(self, member: int, joints: Floats) -> None:
        """Turn the wheels of a car to positions (6,) [rad] of `engine.JOINTS`."""
        own = self._owners == member
        self._places[own], self._turns[own] = self._car.pose(joints)

    def place(self, positions: Floats, rotations: Floats) -> None:
        """Put everybody at positions (M, 3) [m], turned by matrices (M, 3, 3)."""
        self.positions, self._rotations = positions, rotations

    def show(self, seen: Booleans) -> None:
        """Bring the parts of the seen ones of the M to their places, and let the others vanish."""
        shown = seen[self._owners]
        for part in np.flatnonzero(shown != self._shown).tolist():
            self._geoms[part].type = self._types[part] if shown[part] else _NOTHING
        self._shown = shown
        owners = self._owners[shown]
        turns = self._rotations[owners]
        places = self.positions[owners] + np.einsum("gij,gj->gi", turns, self._places[shown])
        turned = turns @ self._turns[shown]
        for part, place, turn in zip(np.flatnonzero(shown).tolist(), places, turned):
            geom = self._geoms[part]
            geom.pos[:] = place
            geom.mat[:] = turn

    def _dress_as_box(self, parts: NDArray[np.intp]) -> None:
        kind, half = mujoco.mjtGeom.mjGEOM_BOX.value, np.array(BOX_SIZE) / 2.0
        for part in parts.tolist():
            self._places[part], self._turns[part] = (0.0, 0.0, half[2]), np.eye(3)
            mujoco.mjv_initGeom(
                self._geoms[part], kind, half, np.zeros(3), np.eye(3).ravel(), opaque(BOX_COLOUR)
            )


def parts_of(kind: ObjectKind, car: CarLooks) -> int:
    """How many geoms something of a kind takes."""
    return 1 if kind == BOX else car.parts


def collect_geoms(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    category: mujoco.mjtCatBit,
    scene: mujoco.MjvScene,
) -> None:
    """Fill a scene with a model's geoms of one category, in their order."""
    camera, everything = mujoco.MjvCamera(), mujoco.MjvOption()
    mujoco.mjv_updateScene(model, data, everything, None, camera, category.value, scene)
