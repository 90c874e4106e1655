"""A USB camera through Video4Linux, read by OpenCV."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
from deepracer_core.errors import CameraError

from deepracer_car.camera_source import Frame

MJPEG = cv2.VideoWriter.fourcc(*"MJPG")
"""The pixel format in which USB 2 carries 640x480 at 30 fps and more."""
MAX_CAPTURE_AGE = 1.0
"""[s] A driver that says a frame is older than this, or of the future, uses another clock."""


def find_cameras(root: Path = Path("/")) -> dict[str, str]:
    """Device file and name of each camera of this machine, first of each camera's nodes only.

    Args:
        root: Root of the file system in which cameras are looked for.
    """
    cameras = {}
    folders = (root / "sys/class/video4linux").glob("video*")
    for folder in sorted(folders, key=lambda folder: int(folder.name[5:])):
        with contextlib.suppress(OSError):  # it is just being plugged in or unplugged
            # A camera has further nodes, for metadata: theirs have an index above 0.
            if (folder / "index").read_text().strip() == "0":
                cameras[f"/dev/{folder.name}"] = (folder / "name").read_text().strip()
    return cameras


def choose_camera(wanted: str, cameras: dict[str, str]) -> str:
    """The device file of a camera.

    Args:
        wanted: A device file, a part of a camera's name, or `auto` for the first one.
        cameras: What `find_cameras` found.

    Raises:
        CameraError: there is no such camera.
    """
    if wanted.startswith("/"):
        return wanted
    for device, name in cameras.items():
        if wanted == "auto" or wanted.lower() in name.lower():
            return device
    there = ", ".join(f"{name} ({device})" for device, name in cameras.items()) or "none"
    raise CameraError(f"camera {wanted!r} not found; there is: {there}. Check cable and camera:=")


class V4l2Camera:
    """An open USB camera."""

    def __init__(
        self,
        device: str,
        width: int,
        height: int,
        fps: float,
        *,
        open_video: Callable[[str], Any] | None = None,
    ) -> None:
        """Open it; the camera may choose another size and rate that it has.

        Args:
            device: Device file.
            width: Columns [px].
            height: Rows [px].
            fps: Frames per second.
            open_video: Makes the cv2.VideoCapture of a device file.

        Raises:
            CameraError: it cannot be opened.
        """
        self._device = device
        self._video = (open_video or _open_video)(device)
        if not self._video.isOpened():
            self._video.release()
            raise CameraError(
                f"{device} cannot be opened: check the cable, that your user is in the group "
                f"video, and that no other program uses it"
            )
        for name, value in (
            (cv2.CAP_PROP_FOURCC, MJPEG),
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
            (cv2.CAP_PROP_FPS, fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),  # the newest frame, not a queue of old ones
        ):
            self._video.set(name, value)

    def read(self) -> Frame:
        """See `CameraSource`."""
        is_there, image = self._video.read()
        if not is_there:
            raise CameraError(f"{self._device} gives no frame any more: check the cable")
        return Frame(image, time.time_ns() - self._age())

    def close(self) -> None:
        """See `CameraSource`."""
        self._video.release()

    def _age(self) -> int:
        """How long ago the driver took the frame [ns]; 0 if it does not tell.

        Video4Linux stamps frames by the monotonic clock; OpenCV gives that as position [ms].
        """
        age = time.monotonic() - self._video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        return round(age * 1e9) if 0.0 <= age <= MAX_CAPTURE_AGE else 0


def _open_video(device: str) -> Any:
    return cv2.VideoCapture(device, cv2.CAP_V4L2)
