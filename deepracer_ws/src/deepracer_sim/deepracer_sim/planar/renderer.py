"""What the cameras of the planar engine see.

Pictures are anti-aliased: rendered directly in the size of a network, as the vectorised environment
does, they are within 1 gray level on average of pictures of 640x480 that are resized by
`deepracer_core.camera`, as ROS graph and car do; and of a ray caster with many rays per pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numba
import numpy as np
from deepracer_core.track.definition import TrackDefinition
from numpy.typing import NDArray

from deepracer_sim.engine import Conditions, Images, ImageSpec
from deepracer_sim.lens import Lens, LensMap
from deepracer_sim.palettes import Palette
from deepracer_sim.planar.raster import render, render_parallel
from deepracer_sim.planar.scene import CameraConditions
from deepracer_sim.planar.scene_builder import build_scene, camera_view


class PlanarRenderer:
    """Renders the pictures of any number of cars on one track."""

    def __init__(
        self,
        definition: TrackDefinition,
        image: ImageSpec,
        palettes: Sequence[Palette],
        *,
        lens: Lens | None = None,
        threads: int = 1,
    ) -> None:
        """Paint the world, and compile the renderer if it is not in numba's cache.

        Args:
            definition: the track.
            image: size and colours of the pictures.
            palettes: the colour sets that `Conditions.palette` counts.
            lens: distortion of a real lens; none if not given.
            threads: how many render at a time. One worker process for each core is faster, and not
                disturbed by other load.

        Raises:
            ConfigError: the lens is impossible.
        """
        self.image = image
        self._lens = LensMap(lens, image) if lens else None
        self._view = camera_view(image)
        self._pinhole = image
        if self._lens:
            self._pinhole = self._lens.pinhole
            self._view = camera_view(self._pinhole, self._lens.half_fov)
        self._scene = build_scene(definition, palettes, gray=image.gray)
        self._threads = threads
        self._allocate(cars=0)

    def render(self, poses: NDArray[np.float64], conditions: Conditions, out: Images) -> None:
        """Draw what N cars see. Allocates memory only when N has never been so large.

        Args:
            poses: (N, 3) x, y [m], yaw [rad] of base_link in the map frame.
            conditions: of the N cars.
            out: (N, *image.shape), the result; C-contiguous.
        """
        cars = len(poses)
        if cars > len(self._lines):
            self._allocate(cars)
        pinhole = out if self._lens is None else self._pictures[:cars]
        planes = pinhole[:, None] if self.image.gray else self._planes[:cars]
        arguments = poses, _camera(conditions), self._view, self._scene, self._lines, planes
        if self._threads == 1:
            render(*arguments)
        else:
            numba.set_num_threads(self._threads)
            render_parallel(*arguments)
        if not self.image.gray:
            for picture, channels in zip(pinhole, planes):
                cv2.merge(list(channels), dst=picture)  # several times as fast as numpy
        if self._lens:
            self._lens.apply(pinhole, out)

    def _allocate(self, cars: int) -> None:
        """Make the buffers for so many cars."""
        size = self._pinhole
        self._lines = np.zeros((cars, 2, size.width), np.uint32)
        self._planes = np.zeros((0 if size.gray else cars, 3, size.rows, size.width), np.uint8)
        self._pictures = np.zeros((cars if self._lens else 0, *size.shape), np.uint8)


def _camera(conditions: Conditions) -> CameraConditions:
    return CameraConditions(
        x=conditions.camera_x,
        z=conditions.camera_z,
        pitch=conditions.camera_pitch,
        fov=conditions.camera_fov,
        light=conditions.light,
        palette=conditions.palette,
    )
