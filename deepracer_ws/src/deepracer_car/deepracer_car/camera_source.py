"""What all cameras have in common: they give one frame after the other, each with its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """A picture as the camera took it."""

    image: Image
    """(rows, columns, 3), blue, green, red: OpenCV's order."""
    stamp: int
    """When it was taken, by the system's clock [ns]."""


class CameraSource(Protocol):
    """An open camera. It is used by one thread."""

    def read(self) -> Frame:
        """Wait for the next frame.

        Raises:
            CameraError: there is none, because the camera was unplugged or has failed.
        """

    def close(self) -> None:
        """Let go of the camera."""
