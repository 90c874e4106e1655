"""Publishes what the camera sees."""

from __future__ import annotations

import sys
import threading
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import cv2
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.messages import LATEST, NEWEST_IMAGE, to_time
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from deepracer_car import camera_calibration
from deepracer_car.camera_choice import AUTO, DESCRIPTION, open_camera
from deepracer_car.camera_source import CameraSource
from deepracer_car.camera_stream import CameraStream
from deepracer_car.complaint import Complaint

FRAME = "camera_optical_frame"
DIAGNOSTICS_PERIOD = 1.0  # [s]
END_PATIENCE = 2.0  # [s] for a frame that is being waited for


class CameraNode(Node):
    """Publishes each frame with the time it was taken; survives a camera that is unplugged.

    | topic                 | type                            | content                            |
    |-----------------------|---------------------------------|------------------------------------|
    | `/camera/image_raw`   | sensor_msgs/Image               | rgb8, stamped when it was taken    |
    | `/camera/camera_info` | sensor_msgs/CameraInfo          | same stamp; K = 0: not calibrated  |
    | `/diagnostics`        | diagnostic_msgs/DiagnosticArray | frames given and lost              |
    """

    def __init__(self) -> None:
        """Begin to read the camera, in a thread of its own, because that waits for frames.

        Raises:
            StorageError: the calibration file cannot be read.
            CalibrationError: the calibration file is malformed.
        """
        super().__init__("camera")
        cv2.setNumThreads(1)
        fps: float = declare(self, "fps", 30.0, "frames per second", bounds=(1.0, 60.0))
        size = (
            declare(self, "width", VEHICLE.camera.width, "columns published", bounds=(16, 1920)),
            declare(self, "height", VEHICLE.camera.height, "rows published", bounds=(16, 1080)),
        )
        self._stream = CameraStream(self._declare_source(fps), size, fps)
        self._message = Image(width=size[0], height=size[1], step=3 * size[0], encoding="rgb8")
        self._message.header.frame_id = FRAME
        self._info = self._declare_info(size)
        self._images = self.create_publisher(Image, "/camera/image_raw", NEWEST_IMAGE)
        self._infos = self.create_publisher(CameraInfo, "/camera/camera_info", NEWEST_IMAGE)
        self._complaint = Complaint()
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", LATEST)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DIAGNOSTICS_PERIOD, self._publish_diagnostics, clock=steady)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _declare_source(self, fps: float) -> Callable[[], CameraSource]:
        """What opens the camera that the parameters name."""
        camera: str = declare(self, "camera", AUTO, DESCRIPTION)
        width: int = declare(self, "camera_width", 640, "columns captured", bounds=(16, 4096))
        height: int = declare(self, "camera_height", 480, "rows captured", bounds=(16, 4096))
        return lambda: open_camera(camera, width, height, fps)

    def _declare_info(self, size: tuple[int, int]) -> CameraInfo:
        """The camera's optics, for the size that is published."""
        path = declare(
            self,
            "camera_info",
            "",
            "the camera's calibration, as camera_calibration writes it (YAML); empty: none",
        )
        if not path:
            return CameraInfo(header=self._message.header, width=size[0], height=size[1])
        found = camera_calibration.load(Path(path)).scaled(*size)
        return CameraInfo(header=self._message.header, **vars(found))

    def _run(self) -> None:
        while not self._ends.is_set():
            frame = self._stream.read()
            problem = self._stream.problem
            if self._complaint.is_due(problem, time.monotonic()):
                self.get_logger().error(problem)
            if frame is None:
                continue
            self._message.header.stamp = to_time(frame.stamp)
            self._message.data = array("B", frame.image.tobytes())
            try:
                self._images.publish(self._message)
                self._info.header.stamp = self._message.header.stamp
                self._infos.publish(self._info)
            except RuntimeError:  # rclpy's, where a signal has ended ROS meanwhile
                if self.context.ok():
                    raise
                return

    def _publish_diagnostics(self) -> None:
        stream = self._stream
        values = {"frames": stream.frames, "dropped": stream.dropped}
        status = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if stream.problem else DiagnosticStatus.OK,
            name="camera: frames",
            message=stream.problem or "sees",
            values=[KeyValue(key=name, value=str(value)) for name, value in values.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def destroy_node(self) -> None:
        """Let the thread end; a camera that hangs does not keep the node."""
        self._ends.set()
        self._thread.join(END_PATIENCE)
        if not self._thread.is_alive():
            self._stream.close()
        super().destroy_node()


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(CameraNode))
