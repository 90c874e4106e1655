"""Which camera a name means."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from deepracer_car import libcamera_camera
from deepracer_car.camera_source import CameraSource
from deepracer_car.file_camera import FileCamera
from deepracer_car.libcamera_camera import LibcameraCamera
from deepracer_car.v4l2_camera import V4l2Camera, choose_camera, find_cameras

AUTO = "auto"
DESCRIPTION = (
    "auto: the first USB camera, else the Raspberry Pi's; a device file; a part of a video "
    "device's name; libcamera or libcamera:MODEL; a video file or a folder of images"
)


def open_camera(name: str, width: int, height: int, fps: float) -> CameraSource:
    """Open the camera that a name means.

    Args:
        name: See `DESCRIPTION`.
        width: Columns to capture [px]; files have their own.
        height: Rows to capture [px].
        fps: Frames per second.

    Raises:
        CameraError: it is missing, taken or lost.
    """
    path = Path(name)
    if path.is_dir() or path.is_file():
        return FileCamera(path, fps)
    if name.partition(":")[0] == libcamera_camera.NAME:
        return LibcameraCamera(name, width, height, fps)
    cameras = find_cameras(usb_only=name == AUTO)
    if name == AUTO and not cameras and importlib.util.find_spec("picamera2"):
        return LibcameraCamera(libcamera_camera.NAME, width, height, fps)
    return V4l2Camera(choose_camera(name, cameras), width, height, fps)
