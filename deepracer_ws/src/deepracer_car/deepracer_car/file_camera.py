"""A video file or a folder of images as a camera: for tests and demonstrations."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import cv2
from deepracer_core.errors import CameraError

from deepracer_car.camera_source import Frame, Image

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}


class FileCamera:
    """Gives the frames of a file over and over, as fast as a camera would; none is left out.

    A frame is stamped when it is given: the file does not tell of another time.
    """

    def __init__(
        self,
        path: Path,
        fps: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open it.

        Args:
            path: A video, or a folder whose images are taken in the order of their names.
            fps: Frames per second.
            clock: Tells the time [s] by which frames are paced.
            sleep: Waits [s].

        Raises:
            CameraError: it is neither, or holds nothing that OpenCV can read.
        """
        self._path = path
        self._period = 1.0 / fps
        self._clock, self._sleep = clock, sleep
        self._images = self._repeat()
        self._due = self._clock()

    def read(self) -> Frame:
        """See `CameraSource`."""
        image = next(self._images)
        self._sleep(max(self._due - self._clock(), 0.0))
        # A reader that is late is not flooded with what it has missed.
        self._due = max(self._due, self._clock() - self._period) + self._period
        return Frame(image, time.time_ns())

    def close(self) -> None:
        """See `CameraSource`."""
        self._images.close()

    def _repeat(self) -> Generator[Image, None, None]:
        for turn in itertools.count():
            count = 0
            for image in self._once():
                count += 1
                yield image
            if count == 0:
                what = "no image" if turn == 0 else "no image any more"
                raise CameraError(f"{self._path} holds {what} that OpenCV can read")

    def _once(self) -> Iterator[Image]:
        if self._path.is_dir():
            for path in sorted(self._path.iterdir()):
                if path.suffix.lower() in IMAGE_SUFFIXES:
                    yield self._check(cv2.imread(str(path), cv2.IMREAD_COLOR), path)
            return
        video = cv2.VideoCapture(str(self._path))
        try:
            while True:
                is_there, image = video.read()
                if not is_there:
                    return
                yield image
        finally:
            video.release()

    @staticmethod
    def _check(image: Image | None, path: Path) -> Image:
        if image is None:
            raise CameraError(f"{path} is no image that OpenCV can read: remove it")
        return image
