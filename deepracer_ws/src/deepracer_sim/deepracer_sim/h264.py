"""Writes and reads videos: MP4 with H.264, which browsers, phones and slides play."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from deepracer_core import atomic
from deepracer_core.errors import StorageError
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_OPTIONS = {
    "preset": "veryfast",
    "crf": "23",
}  # x264: quick, and hardly to be told from the original
_PIXELS = "yuv420p"  # what every player knows; sizes must be even


class Show(Protocol):
    """Appends a picture to a video."""

    def __call__(self, picture: Image) -> None:
        """Append (rows, columns, 3) RGB; each picture has the size of the first, which is even."""


@contextmanager
def video_writer(path: Path, rate: Fraction) -> Iterator[Show]:
    """Write a video; it has its name when the block has ended, and is not there after an error.

    Args:
        path: the MP4 file.
        rate: pictures a second.

    Raises:
        StorageError: the operating system refuses.
    """
    try:
        with (
            atomic.open_for_writing(path) as file,
            av.open(file, "w", format="mp4") as container,
        ):
            stream = container.add_stream("libx264", rate=rate, options=_OPTIONS)
            stream.pix_fmt = _PIXELS
            stream.thread_count = 1

            def show(picture: Image) -> None:
                if not stream.codec_context.is_open:
                    stream.height, stream.width = picture.shape[:2]
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))

            yield show
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise StorageError(f"cannot write {path}: {error}") from error


def read_video(path: Path) -> tuple[Fraction, Iterator[Image]]:
    """Pictures a second of a video of any common format, and its pictures, (rows, columns, 3) RGB.

    Raises:
        StorageError: it cannot be read, or holds no video.
    """
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise StorageError(f"cannot read {path}: {error}") from error
    if not container.streams.video:
        container.close()
        raise StorageError(f"{path} holds no video; give a video or a picture")
    rate = container.streams.video[0].average_rate or Fraction(15)

    def pictures() -> Iterator[Image]:
        try:
            with container:
                for frame in container.decode(video=0):
                    yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        except av.error.FFmpegError as error:
            raise StorageError(f"{path} is damaged: {error}") from error

    return Fraction(rate), pictures()
