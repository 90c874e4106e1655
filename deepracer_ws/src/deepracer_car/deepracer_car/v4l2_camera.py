"""A USB camera through Video4Linux, read by OpenCV."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
from deepracer_core.command_checks import GateLimits
from deepracer_core.errors import CameraError

from deepracer_car.camera_source import CaptureAge, Frame

MJPEG = cv2.VideoWriter.fourcc(*"MJPG")
"""The pixel format in which USB 2 carries 640x480 at 30 fps and more."""
BUFFERS = 2
"""Frames that the driver has room for: one that it fills while the other is decoded. With one it
has none meanwhile, and loses the frame that begins then; each one more lets a late reader see
frames that are older by a period. From OpenCV's source, not measured on a camera."""
STALE = GateLimits.max_age
"""[ns] A frame that is older moves no car."""
USB_BUS = re.compile(r"usb\d+")
"""What a USB bus is called in the path of its devices."""


def find_cameras(root: Path = Path("/"), *, usb_only: bool = False) -> dict[str, str]:
    """Device file and name of each camera of this machine, first of each camera's nodes only.

    Args:
        root: Root of the file system in which cameras are looked for.
        usb_only: Leave out what is no USB camera: a Raspberry Pi shows a dozen of codecs and parts
            of its image processor as cameras, too.
    """
    cameras = {}
    folders = (root / "sys/class/video4linux").glob("video*")
    for folder in sorted(folders, key=lambda folder: int(folder.name[5:])):
        with contextlib.suppress(OSError):  # it is just being plugged in or unplugged
            # A camera has further nodes, for metadata: theirs have an index above 0.
            is_first = (folder / "index").read_text().strip() == "0"
            if is_first and (not usb_only or _is_usb(folder / "device")):
                cameras[f"/dev/{folder.name}"] = (folder / "name").read_text().strip()
    return cameras


def _is_usb(device: Path) -> bool:
    return any(map(USB_BUS.fullmatch, device.resolve().parts))


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
        self._age = CaptureAge()
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
            (cv2.CAP_PROP_BUFFERSIZE, BUFFERS),
        ):
            self._video.set(name, value)

    def read(self) -> Frame:
        """See `CameraSource`; passes over what the driver has kept for a reader that was late."""
        for _ in range(BUFFERS):
            frame, age = self._next()
            if age <= STALE:
                return frame
        return self._next()[0]

    def close(self) -> None:
        """See `CameraSource`."""
        self._video.release()

    def _next(self) -> tuple[Frame, int]:
        """The driver's next frame, and its age [ns]; 0 if it does not tell.

        Video4Linux stamps frames by the monotonic clock; OpenCV gives that as position [ms].
        """
        is_there, image = self._video.read()
        if not is_there:
            raise CameraError(f"{self._device} gives no frame any more: check the cable")
        told = time.monotonic() - self._video.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        age = self._age.of(round(told * 1e9))
        return Frame(image, time.time_ns() - age), age


def _open_video(device: str) -> Any:
    return cv2.VideoCapture(device, cv2.CAP_V4L2)
