"""What the compiled renderer works with: tuples of numbers and arrays, as numba takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MARGIN = 2
"""Texels repeated around the picture of the ground, so that samples at its edge find neighbours."""


class Scene(NamedTuple):
    """The world of one track in P palettes; a palette has C = 1 or 3 channels, P * C pictures."""

    texels: NDArray[np.uint8]
    """(P * C, T): `mipmap.Pyramid.texels`."""
    start: NDArray[np.int64]
    """(levels,): `mipmap.Pyramid.start`."""
    columns: NDArray[np.int64]
    """(levels,): `mipmap.Pyramid.columns`."""
    scale_x: float
    """Texels of level 0 in a metre."""
    scale_y: float
    """Texels of level 0 in a metre."""
    x_min: float
    """Side of the field [m]; its walls stand there."""
    y_min: float
    """[m]"""
    x_max: float
    """[m]"""
    y_max: float
    """[m]"""
    wall_height: float
    """[m]"""
    wall: NDArray[np.int32]
    """(P * C,) value of the walls."""
    background: NDArray[np.int32]
    """(P * C,) value of what is seen above them."""


class View(NamedTuple):
    """The camera as it is built, and the size of its pictures."""

    x: float
    """Lens ahead of base_link [m]."""
    z: float
    """Lens above the ground [m]."""
    pitch: float
    """Axis below the horizon [rad]."""
    half_fov: float
    """Half of the horizontal field of view [rad]."""
    width: int
    """Columns [px]."""
    height: int
    """Rows before cropping [px]."""
    crop_top: int
    """Rows left out [px]."""


class Eye(NamedTuple):
    """Where the camera of a car is, where it looks, and how it sees."""

    x: float
    """Lens [m]."""
    y: float
    """[m]"""
    z: float
    """[m]"""
    ahead_x: float
    """Direction of the car, a unit vector."""
    ahead_y: float
    """Same."""
    sin: float
    """Of the axis' angle below the horizon."""
    cos: float
    """Same."""
    focal: float
    """Focal length [px]."""


class CameraConditions(NamedTuple):
    """Those of `engine.Conditions` that the renderer needs; (N,) arrays."""

    x: Floats
    z: Floats
    pitch: Floats
    fov: Floats
    light: Floats
    palette: NDArray[np.intp]


class Span(NamedTuple):
    """The pixels of a row that see a certain part of a level plane."""

    first: float
    """Left end [px]; not less than `last` if no pixel does."""
    last: float
    """Right end [px]."""
    x: float
    """What the left edge of the picture sees [m]."""
    y: float
    """[m]"""
    dx: float
    """Step from one pixel to the next [m]."""
    dy: float
    """[m]"""
