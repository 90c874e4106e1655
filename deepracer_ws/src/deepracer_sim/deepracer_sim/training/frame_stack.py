"""The pictures of N cars as their network wants them: several in a row, channels first."""

from __future__ import annotations

import numpy as np
from deepracer_core.camera import Preprocessing
from numpy.typing import NDArray

from deepracer_sim.engine import Images


class FrameStack:
    """The last pictures of N cars, as `deepracer_core.camera.CameraPreprocessor` stacks them.

    Attributes:
        input: (N, channels, rows, columns) uint8 by time (oldest first), then colour; overwritten.
    """

    def __init__(self, preprocessing: Preprocessing, cars: int) -> None:
        """Allocate."""
        self.input: Images = np.zeros((cars, *preprocessing.input_shape[1:]), np.uint8)
        self._frames = preprocessing.frames
        self._colours = preprocessing.frame_shape[0]

    def begin(self, pictures: Images, cars: NDArray[np.bool_] | slice = slice(None)) -> None:
        """The first picture of an episode stands for its past, too.

        Args:
            pictures: (N, rows, columns, colours) of all cars.
            cars: (N,) mask of those whose episode begins.
        """
        planes = pictures[cars].transpose(0, 3, 1, 2)
        self.input[cars] = np.tile(planes, (1, self._frames, 1, 1))

    def push(self, pictures: Images) -> None:
        """Shift all stacks by one picture; `pictures` as for `begin`."""
        self.input = self.shifted(slice(None), pictures)

    def shifted(self, cars: NDArray[np.bool_] | slice, pictures: Images) -> Images:
        """What the stacks of some K cars would be with one picture more; they stay as they are.

        Args:
            cars: (N,) mask of the cars.
            pictures: (K, rows, columns, colours) of these cars.
        """
        planes = pictures.transpose(0, 3, 1, 2)
        return np.concatenate((self.input[cars][:, self._colours :], planes), axis=1)

    def newest(self, car: int) -> Images:
        """The last picture of one car, (rows, columns, colours)."""
        return self.input[car, -self._colours :].transpose(1, 2, 0)
