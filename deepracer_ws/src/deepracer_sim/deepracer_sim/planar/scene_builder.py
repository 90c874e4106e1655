"""Turns a track definition and palettes into what the compiled renderer reads."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.vehicle import VEHICLE
from numpy.typing import NDArray

from deepracer_sim.engine import ImageSpec
from deepracer_sim.ground import GroundPainter, Image
from deepracer_sim.palettes import Palette
from deepracer_sim.planar.mipmap import build_pyramid
from deepracer_sim.planar.scene import Scene, View


def build_scene(definition: TrackDefinition, palettes: Sequence[Palette], *, gray: bool) -> Scene:
    """Paint the ground in all palettes and build its levels."""
    painter = GroundPainter(definition)
    pictures = [plane for p in palettes for plane in _planes(painter.paint(p).image, gray=gray)]
    pyramid = build_pyramid(pictures)
    field = definition.field
    rows, columns = pictures[0].shape
    return Scene(
        texels=pyramid.texels,
        start=pyramid.start,
        columns=pyramid.columns,
        scale_x=columns / (field.x_max - field.x_min),
        scale_y=rows / (field.y_max - field.y_min),
        x_min=field.x_min,
        y_min=field.y_min,
        x_max=field.x_max,
        y_max=field.y_max,
        wall_height=definition.wall_height,
        wall=_values([palette.wall for palette in palettes], gray=gray),
        background=_values([palette.background for palette in palettes], gray=gray),
    )


def camera_view(image: ImageSpec, half_fov: float = VEHICLE.camera.horizontal_fov / 2.0) -> View:
    """The camera of the URDF, or one in its place with another field of view [rad]."""
    camera = VEHICLE.camera
    size = image.width, image.height, image.crop_top
    return View(camera.x, camera.z, camera.pitch, half_fov, *size)


def _planes(image: Image, *, gray: bool) -> list[Image]:
    """The channels of an RGB image, each contiguous; gray as `deepracer_core.camera` weighs it."""
    planes = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)] if gray else cv2.split(image)
    return [np.asarray(plane, np.uint8) for plane in planes]


def _values(colours: Sequence[tuple[int, int, int]], *, gray: bool) -> NDArray[np.int32]:
    image = np.array([colours], np.uint8)
    return np.stack(_planes(image, gray=gray), axis=-1).astype(np.int32).ravel()
