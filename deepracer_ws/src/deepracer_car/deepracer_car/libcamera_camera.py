"""A camera of the Raspberry Pi (CSI) through libcamera, read by picamera2.

picamera2 is Raspberry Pi's own library on libcamera. It comes by apt only, because it must fit the
libcamera of the system; so it is loaded when such a camera is opened.
"""

from __future__ import annotations

import concurrent.futures
import time
from typing import Any

from deepracer_core.errors import CameraError

from deepracer_car.camera_source import CaptureAge, Frame

NAME = "libcamera"
"""What a camera of this kind is called: `libcamera`, or `libcamera:` and a part of its model."""
PATIENCE = 1.0
"""[s] for a frame; then the camera counts as lost."""
BUFFERS = 3
"""Frames that there is room for: one that is filled, one to go on with, one that is read. With two
the camera has none to go on with while a frame is read, and loses the next one (not measured).
None is kept for a late reader: he waits for a frame that ends after he has asked (`queue=False`).
"""

FAILURES = (RuntimeError, TimeoutError, concurrent.futures.TimeoutError, OSError)
"""What picamera2 raises when a camera is missing, taken or lost; of Python 3.10 two time-outs."""


def import_picamera2() -> Any:
    """The class Picamera2.

    Raises:
        CameraError: it is not installed.
    """
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise CameraError(
            f"picamera2 cannot be loaded ({error}): sudo apt install python3-picamera2; a virtual "
            f"environment sees it if made with --system-site-packages"
        ) from error
    return Picamera2


def choose_number(wanted: str, cameras: list[dict[str, Any]]) -> int:
    """The number of a camera.

    Args:
        wanted: `libcamera` for the first one, or `libcamera:` and a part of its model's name.
        cameras: What Picamera2.global_camera_info() tells.

    Raises:
        CameraError: there is no such camera.
    """
    model = wanted.partition(":")[2].lower()
    for camera in cameras:
        if model in camera["Model"].lower():
            return int(camera["Num"])
    there = ", ".join(camera["Model"] for camera in cameras) or "none"
    raise CameraError(f"camera {wanted!r} not found; there is: {there}. Check cable and camera:=")


class LibcameraCamera:
    """An open camera of the Raspberry Pi."""

    def __init__(self, wanted: str, width: int, height: int, fps: float) -> None:
        """Open it.

        Args:
            wanted: `libcamera`, or `libcamera:` and a part of its model's name.
            width: Columns [px].
            height: Rows [px].
            fps: Frames per second.

        Raises:
            CameraError: picamera2 is not installed, or the camera is missing or taken.
        """
        picamera2 = import_picamera2()
        self._wanted = wanted
        self._age = CaptureAge()
        try:
            self._camera = picamera2(choose_number(wanted, picamera2.global_camera_info()))
        except (*FAILURES, IndexError) as error:
            raise CameraError(
                f"{wanted} cannot be opened ({error}): check the cable, and that no other program "
                f"uses it"
            ) from error
        try:
            self._start(width, height, fps)
        except FAILURES as error:
            self._camera.close()
            raise CameraError(f"{wanted} does not start ({error}): try another fps:=") from error

    def _start(self, width: int, height: int, fps: float) -> None:
        period = round(1e6 / fps)  # [us]
        self._camera.configure(
            self._camera.create_video_configuration(
                # What picamera2 calls RGB888 is blue, green, red in memory: OpenCV's order.
                main={"size": (width, height), "format": "RGB888"},
                controls={"FrameDurationLimits": (period, period)},
                buffer_count=BUFFERS,
                queue=False,
            )
        )
        self._camera.start()

    def read(self) -> Frame:
        """See `CameraSource`."""
        try:
            request = self._camera.capture_request(wait=PATIENCE)
        except FAILURES as error:
            raise CameraError(
                f"{self._wanted} gives no frame any more ({error or 'timed out'}): check the cable"
            ) from error
        try:
            image = request.make_array("main")
            taken = request.get_metadata().get("SensorTimestamp", 0)
        finally:
            request.release()
        # The sensor's clock is that of the time since boot [ns].
        age = self._age.of(time.clock_gettime_ns(time.CLOCK_BOOTTIME) - taken)
        return Frame(image, time.time_ns() - age)

    def close(self) -> None:
        """See `CameraSource`."""
        self._camera.close()  # stops it, too
