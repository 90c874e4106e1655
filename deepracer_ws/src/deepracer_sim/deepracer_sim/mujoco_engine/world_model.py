"""What there is to see, as a MuJoCo model: ground, walls and background of a track, and one car.

Nothing in it moves by physics: `stage.Stage` takes its parts, colours them and puts them where they
are seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import mujoco
import numpy as np
from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from deepracer_core.errors import SimulationError
from deepracer_core.track.definition import Field, TrackDefinition
from deepracer_core.track.fields import Colour

from deepracer_sim.car_model import ROOT, CarModel
from deepracer_sim.ground import GroundPainter, Image
from deepracer_sim.palettes import Palette

GROUND, WALLS, BACKGROUND = 0, slice(1, 5), slice(5, 9)
"""Where the parts of the world are among the geoms; the car's come after them."""

WORLD_GEOMS = 9

BACKGROUND_HEIGHT = 50.0
"""Upper edge of the screens that stand above the walls [m]: nobody near them looks over it."""

MAX_TEXTURE = 16_384
"""Rows and columns that every OpenGL driver takes for a texture [px]; llvmpipe takes no more."""

_GAP = 0.01  # [m] from a wall to the screen behind it, and how far it hides it
_KEEP_VISUALS = '<mujoco><compiler discardvisual="false"/></mujoco>'  # MuJoCo's extension of URDF
_MESH = re.compile(r"package://(?P<package>[^/\"]+)/(?P<file>[^\"]+)")


def build_world_model(
    definition: TrackDefinition, palettes: Sequence[Palette], car: CarModel
) -> mujoco.MjModel:
    """Compile the model. Material k is the ground in palette k.

    Raises:
        SimulationError: a mesh of the car is missing, or MuJoCo refuses it.
    """
    try:
        spec = _visible_car(car)
        painter = GroundPainter(definition)
        for number, palette in enumerate(palettes):
            _add_ground_material(spec, f"ground_{number}", painter.paint(palette).image)
        _add_world(spec, definition)
        return spec.compile()
    except ValueError as error:
        raise SimulationError(f"MuJoCo refuses the looks of the car: {error}") from error


def opaque(colour: Colour) -> tuple[float, float, float, float]:
    """Red, green, blue and alpha from 0 to 1 of a colour from 0 to 255."""
    red, green, blue = (channel / 255.0 for channel in colour)
    return red, green, blue, 1.0


def _visible_car(car: CarModel) -> mujoco.MjSpec:
    """The car of the URDF without its collision shapes, free to be put anywhere."""
    meshes = {Path(match["file"]).name: _read(match) for match in _MESH.finditer(car.urdf)}
    urdf = car.urdf.replace("</robot>", f"{_KEEP_VISUALS}</robot>")
    spec = mujoco.MjSpec.from_string(urdf, assets=meshes)
    for geom in list(spec.geoms):
        if geom.conaffinity:
            spec.delete(geom)
    spec.body(ROOT).add_freejoint()
    return spec


def _read(match: re.Match[str]) -> bytes:
    try:
        return (Path(get_package_share_directory(match["package"])) / match["file"]).read_bytes()
    except (PackageNotFoundError, OSError) as error:
        raise SimulationError(
            f"mesh {match[0]} of the car: {error}; build the workspace and source "
            "install/setup.bash, or correct the URDF"
        ) from error


def _add_ground_material(spec: mujoco.MjSpec, name: str, image: Image) -> None:
    rows, columns, _ = image.shape
    if max(rows, columns) > MAX_TEXTURE:  # of a very long and narrow field
        size = min(columns, MAX_TEXTURE), min(rows, MAX_TEXTURE)
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    texture = spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D)
    texture.height, texture.width, texture.nchannel = image.shape
    texture.data = image[::-1].tobytes()  # MuJoCo starts a plane's picture at its largest y
    material = spec.add_material(name=name, texrepeat=(1.0, 1.0))
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name


def _add_world(spec: mujoco.MjSpec, definition: TrackDefinition) -> None:
    """Add ground, walls and background in this order."""
    field = definition.field
    centre = np.array([field.x_min + field.x_max, field.y_min + field.y_max, 0.0]) / 2.0
    half = np.array([field.x_max - field.x_min, field.y_max - field.y_min]) / 2.0
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_PLANE, pos=centre, size=(*half, 1.0), material="ground_0"
    )
    _add_fence(spec, field, 0.0, definition.wall_height)
    wide = Field(field.x_min - _GAP, field.y_min - _GAP, field.x_max + _GAP, field.y_max + _GAP)
    _add_fence(spec, wide, definition.wall_height - _GAP, BACKGROUND_HEIGHT)


def _add_fence(spec: mujoco.MjSpec, field: Field, bottom: float, top: float) -> None:
    """Four upright planes around a field between two heights [m], seen from inside."""
    x, y = (field.x_min + field.x_max) / 2.0, (field.y_min + field.y_max) / 2.0
    half_x, half_y = x - field.x_min, y - field.y_min
    sides = (
        ((field.x_min, y), half_y, (1.0, 0.0)),
        ((field.x_max, y), half_y, (-1.0, 0.0)),
        ((x, field.y_min), half_x, (0.0, 1.0)),
        ((x, field.y_max), half_x, (0.0, -1.0)),
    )
    for middle, half_length, (inwards_x, inwards_y) in sides:
        turn = np.zeros(4)
        along, up, inwards = (
            (inwards_y, -inwards_x, 0.0),
            (0.0, 0.0, 1.0),
            (inwards_x, inwards_y, 0.0),
        )
        mujoco.mju_mat2Quat(turn, np.column_stack((-np.array(along), up, inwards)).ravel())
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            pos=(*middle, (bottom + top) / 2.0),
            quat=turn,
            size=(half_length, (top - bottom) / 2.0, 1.0),
        )
