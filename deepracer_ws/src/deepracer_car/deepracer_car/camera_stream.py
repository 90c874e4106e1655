"""A camera that comes back after it was unplugged, and counts what it has lost."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
from deepracer_core.errors import CameraError

from deepracer_car.camera_source import CameraSource, Frame

RETRY = 1.0
"""[s] between two attempts to open the camera."""


def clock_offset() -> int:
    """How far the system's clock is ahead of the steady one [ns]: changes when the clock is set."""
    return time.time_ns() - time.monotonic_ns()


class CameraStream:
    """Reads frames in the size that is wanted; one call is one frame or one failed attempt."""

    def __init__(
        self,
        open_source: Callable[[], CameraSource],
        size: tuple[int, int],
        fps: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock_offset: Callable[[], int] = clock_offset,
    ) -> None:
        """Open nothing yet.

        Args:
            open_source: Opens the camera; raises CameraError if it is not there.
            size: Columns and rows of the frames that are given [px].
            fps: Frames per second of the camera, to tell how many were lost.
            sleep: Waits [s].
            clock_offset: Tells how far the clock of the stamps is ahead of a steady one [ns].
        """
        self._open_source = open_source
        self._size = size
        self._period = 1e9 / fps
        self._sleep = sleep
        self._clock_offset = clock_offset
        self._source: CameraSource | None = None
        self._latest: int | None = None  # steady time of the latest frame since it was opened
        self.frames = 0
        """Frames given."""
        self.dropped = 0
        """Frames that the camera took, or should have, but that were not given."""
        self.problem = ""
        """What is wrong with the camera; empty while it works."""

    def read(self) -> Frame | None:
        """The next frame as rgb8 in the size wanted; None if the camera is not there now."""
        try:
            if self._source is None:
                self._source = self._open_source()
            frame = self._source.read()
        except CameraError as error:
            self.problem = str(error)
            self.close()
            self._sleep(RETRY)
            return None
        self.problem = ""
        self.frames += 1
        self._count_dropped(frame.stamp)
        small = cv2.resize(frame.image, self._size, interpolation=cv2.INTER_AREA)
        return Frame(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), frame.stamp)

    def close(self) -> None:
        """Let go of the camera; the next `read` opens it again."""
        if self._source is not None:
            self._source.close()
        self._source = self._latest = None

    def _count_dropped(self, stamp: int) -> None:
        taken = stamp - self._clock_offset()  # so that setting the clock loses no frame
        if self._latest is not None:
            self.dropped += max(round((taken - self._latest) / self._period) - 1, 0)
        self._latest = taken
