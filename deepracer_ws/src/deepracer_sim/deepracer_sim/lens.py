"""Distortion of a real lens, as sensor_msgs/CameraInfo and OpenCV describe it (plumb_bob).

An engine renders what a pinhole camera sees; here each pixel of the distorted picture is looked up
in it, at a place computed once. This works for every engine, and for a camera that moves or zooms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from deepracer_core.errors import ConfigError
from deepracer_core.vehicle import VEHICLE
from numpy.typing import NDArray

from deepracer_sim.engine import Images, ImageSpec

Floats = NDArray[np.float64]

OVERSAMPLING = 1.5
"""Focal length of the pinhole picture over that of the distorted one: keeps the middle sharp."""

MAX_PIXELS = 4_000_000
"""Largest pinhole picture; one that needs more is large, or sees nearly sideways."""

_ITERATIONS = 100
_TOLERANCE = 1e-6  # of a tangent; a thousandth of a pixel of a camera of 1000 px


@dataclass(frozen=True)
class Lens:
    """Coefficients of Brown and Conrady: how far off a ray appears from where a pinhole has it.

    The focal length is that of the URDF's field of view; with barrel distortion (k1 < 0) the
    camera sees more than that. `Conditions.camera_fov` scales the tangents of the rays.
    """

    k1: float = 0.0
    """Radial, of the square of the tangent to the axis."""
    k2: float = 0.0
    """Radial, of its fourth power."""
    p1: float = 0.0
    """Tangential, vertical."""
    p2: float = 0.0
    """Tangential, horizontal."""

    def distort(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Tangents (right, down) at which rays of tangents x, y appear."""
        r2 = x * x + y * y
        radial = 1.0 + self.k1 * r2 + self.k2 * r2 * r2
        return (
            x * radial + 2.0 * self.p1 * x * y + self.p2 * (r2 + 2.0 * x * x),
            y * radial + self.p1 * (r2 + 2.0 * y * y) + 2.0 * self.p2 * x * y,
        )

    def undistort(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Inverse of `distort`, by iteration.

        Raises:
            ConfigError: no ray appears there, or two do.
        """
        right, down = x.copy(), y.copy()
        with np.errstate(over="ignore", invalid="ignore"):  # it may diverge
            for _ in range(_ITERATIONS):
                appears = self.distort(right, down)
                error = x - appears[0], y - appears[1]
                if np.hypot(*error).max() < _TOLERANCE:
                    return right, down
                right, down = right + error[0], down + error[1]
        raise ConfigError(
            f"{self}: the distortion has no inverse within the picture; use smaller "
            "coefficients, or crop the picture to what the calibration covers"
        )


class LensMap:
    """Turns pinhole pictures into those of a lens.

    Attributes:
        pinhole: size of the pinhole picture.
        half_fov: half of its horizontal field of view [rad].
    """

    def __init__(self, lens: Lens, image: ImageSpec) -> None:
        """Compute what each pixel sees.

        Args:
            lens: the distortion.
            image: size and colours of the distorted picture.

        Raises:
            ConfigError: the distortion has no inverse, or the lens sees too far to the side.
        """
        focal = image.width / 2.0 / math.tan(VEHICLE.camera.horizontal_fov / 2.0)
        columns = (np.arange(image.width) + 0.5 - image.width / 2.0) / focal
        rows = (np.arange(image.crop_top, image.height) + 0.5 - image.height / 2.0) / focal
        right, down = lens.undistort(*np.meshgrid(columns, rows))
        focal *= OVERSAMPLING
        # One pixel more on each side, for the interpolation.
        half_width = math.ceil(np.abs(right).max() * focal) + 1
        half_height = math.ceil(np.abs(down).max() * focal) + 1
        crop_top = max(half_height + math.floor(down.min() * focal) - 1, 0)
        if 4 * half_width * half_height > MAX_PIXELS:
            raise ConfigError(
                f"{lens}: a picture of {image.width}x{image.rows} px needs a pinhole picture of "
                f"{2 * half_width}x{2 * half_height} px; make it smaller or crop it"
            )
        self.pinhole = ImageSpec(2 * half_width, 2 * half_height, image.gray, crop_top)
        self.half_fov = math.atan(half_width / focal)
        # OpenCV counts from the middle of the first pixel.
        self._columns = (right * focal + half_width - 0.5).astype(np.float32)
        self._rows = (down * focal + half_height - crop_top - 0.5).astype(np.float32)

    def apply(self, pinhole: Images, out: Images) -> None:
        """Look up N distorted pictures `out` in N pinhole pictures of the size `pinhole`."""
        for picture, distorted in zip(pinhole, out):
            cv2.remap(picture, self._columns, self._rows, cv2.INTER_LINEAR, dst=distorted)
