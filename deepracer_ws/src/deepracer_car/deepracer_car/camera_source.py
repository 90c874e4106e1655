"""What all cameras have in common: they give one frame after the other, each with its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

MAX_CAPTURE_AGE = 1_000_000_000
"""[ns] A driver that says a frame is older than this, or of the future, uses another clock."""


@dataclass(frozen=True)
class Frame:
    """A picture as the camera took it."""

    image: Image
    """(rows, columns, 3), blue, green, red: OpenCV's order."""
    stamp: int
    """When it was taken, by the system's clock [ns]."""


class CaptureAge:
    """How old frames are, by the times that their driver tells, if those are of a known clock.

    The first age that makes sense shows that they are. From then on each one is believed: a frame
    that a process finds after it was held up for a while is as old as that, and not a new one.
    """

    def __init__(self) -> None:
        """Know nothing of the driver."""
        self._is_known = False

    def of(self, told: int) -> int:
        """The age of a frame [ns]; 0 if it is not known.

        Args:
            told: The time on the clock that the driver should use, less what it tells [ns].
        """
        self._is_known |= 0 <= told <= MAX_CAPTURE_AGE
        return max(told, 0) if self._is_known else 0


class CameraSource(Protocol):
    """An open camera. It is used by one thread."""

    def read(self) -> Frame:
        """Wait for the next frame.

        Raises:
            CameraError: there is none, because the camera was unplugged or has failed.
        """

    def close(self) -> None:
        """Let go of the camera."""
