"""Drives by a trained policy: camera image in, drive command and decision out."""

from __future__ import annotations

import sys
import time
from array import array

import cv2
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.camera import image_view
from deepracer_core.command_gate import Mode
from deepracer_core.errors import CameraError, DeepRacerError, PolicyError
from deepracer_interfaces.msg import PolicyDecision, PolicyModel
from deepracer_interfaces.srv import LoadModel, SetMode
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Image

from deepracer_drive.driver import Driven, Driver
from deepracer_drive.messages import (
    EVERY,
    LATCHED,
    LATEST,
    NEWEST_IMAGE,
    to_message,
    to_nanoseconds,
    to_time,
)
from deepracer_drive.models import open_store
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.pace import Pace
from deepracer_drive.parameters import declare

DIAGNOSTICS_PERIOD = 1.0  # [s]
REPEAT_PERIOD = 5.0  # [s] the same complaint is logged no more often


class InferenceNode(Node):
    """Decides on each camera image; alive also without a model, to be given one.

    | topic, service      | type                                   | content                      |
    |---------------------|----------------------------------------|------------------------------|
    | `/camera/image_raw` | sensor_msgs/Image                      | seen: rgb8, bgr8 or mono8    |
    | `/policy/drive`     | ackermann_msgs/AckermannDriveStamped   | command, stamp of the image  |
    | `/policy/decision`  | deepracer_interfaces/PolicyDecision    | how it came about, same stamp|
    | `/policy/model`     | deepracer_interfaces/PolicyModel       | who decides, latched         |
    | `/load_model`       | deepracer_interfaces/LoadModel         | exchange the model           |
    | `/set_mode`         | deepracer_interfaces/SetMode           | called where `stop_to_load`  |
    | `/diagnostics`      | diagnostic_msgs/DiagnosticArray        | how long decisions take      |

    Nothing is published for an image on which nothing can be decided; the log says why. A model
    that cannot be loaded leaves the former one in its place. Of images that come faster than it
    decides, it takes the newest; decisions that come too late are refused by the gate. With
    `lockstep` the world waits for each decision: no image ages, and no clock has to be followed.
    """

    def __init__(self) -> None:
        """Load the model of parameter `model`, if it can be loaded."""
        super().__init__("inference")
        cv2.setNumThreads(1)
        root = declare(
            self, "models", "", "folder of models; empty: $DEEPRACER_MODELS or ~/.deepracer/models"
        )
        more = declare(self, "more_models", [""], "further folders of models, read only")
        sample = declare(
            self, "sample", False, "draw actions from the distribution instead of the likeliest"
        )
        seed = declare(
            self,
            "seed",
            -1,
            "seed of the drawn actions, from the loading of a model on; -1: differs each time",
            bounds=(-1, 2**63 - 1),
        )
        model = declare(
            self, "model", "", "name or folder of the model to begin with; may be empty"
        )
        self._stop_to_load: bool = declare(
            self,
            "stop_to_load",
            False,
            "set the mode STOPPED before a model is exchanged, be it that it then cannot be loaded",
        )
        self._lockstep: bool = declare(
            self,
            "lockstep",
            False,
            "the world waits for each decision, so that no image ages meanwhile; needs no /clock",
        )
        store = open_store(root, [folder for folder in more if folder])
        self._driver = Driver(store, sample=sample, seed=None if seed < 0 else seed)
        self._drive = self.create_publisher(AckermannDriveStamped, "/policy/drive", EVERY)
        self._decision = self.create_publisher(PolicyDecision, "/policy/decision", EVERY)
        self._model = self.create_publisher(PolicyModel, "/policy/model", LATCHED)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", LATEST)
        self._set_mode = self.create_client(SetMode, "/set_mode")
        self.create_service(LoadModel, "/load_model", self._on_load_model)
        self._pace = Pace()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DIAGNOSTICS_PERIOD, self._publish_diagnostics, clock=steady)
        if model:
            self._load(model)
        self.create_subscription(Image, "/camera/image_raw", self._on_image, NEWEST_IMAGE)

    def _on_image(self, message: Image) -> None:
        arrival = time.perf_counter()
        try:
            image = image_view(
                message.data,
                rows=message.height,
                columns=message.width,
                step=message.step,
                encoding=message.encoding,
            )
            driven = self._driver.drive(
                image, message.encoding, to_nanoseconds(message.header.stamp)
            )
        except (CameraError, PolicyError) as error:
            self.get_logger().error(str(error), throttle_duration_sec=REPEAT_PERIOD)
            return
        if driven is None:
            self.get_logger().warning(
                "no model is loaded; call /load_model", throttle_duration_sec=REPEAT_PERIOD
            )
            return
        command = to_message(driven.command)
        command.header.frame_id = message.header.frame_id
        self._drive.publish(command)
        duration = time.perf_counter() - arrival
        self._pace.add(duration, 0 if self._lockstep else self._now() - driven.command.stamp)
        if self._decision.get_subscription_count():
            self._decision.publish(self._describe(driven, message, duration))

    def _describe(self, driven: Driven, image: Image, duration: float) -> PolicyDecision:
        decision = driven.decision
        return PolicyDecision(
            header=image.header,
            model=self._driver.model,
            action=decision.action,
            steering_angle=decision.steering_angle,
            speed=decision.speed,
            distribution=array("f", decision.distribution.tobytes()),
            drawn=array("f", decision.drawn.tobytes()),
            log_probability=decision.log_probability,
            sampled=decision.sampled,
            inference_time=duration,
        )

    def _load(self, model: str) -> str:
        """Load a model; return what is wrong with it, or an empty string."""
        try:
            self._driver.load(model)
        except DeepRacerError as error:
            self.get_logger().error(f"model {model!r} is not loaded: {error}")
            return str(error)
        angle, speed = self._driver.largest_action
        name = self._driver.model
        self._model.publish(PolicyModel(model=name, max_steering_angle=angle, max_speed=speed))
        self.get_logger().info(f"drives by model {self._driver.model}")
        return ""

    def _on_load_model(
        self, request: LoadModel.Request, response: LoadModel.Response
    ) -> LoadModel.Response:
        begin = time.perf_counter()
        response.model = self._driver.model
        if not request.model.strip():  # else it would stand for this folder
            response.message = "no model is named: give a model's name, or its folder"
            return response
        if self._stop_to_load and self._set_mode.service_is_ready():
            self._set_mode.call_async(SetMode.Request(mode=Mode.STOPPED))
        response.message = self._load(request.model)
        response.success = not response.message
        response.model = self._driver.model
        response.load_time = time.perf_counter() - begin
        return response

    def _publish_diagnostics(self) -> None:
        late = self._pace.is_late
        status = DiagnosticStatus(
            level=DiagnosticStatus.WARN if late else DiagnosticStatus.OK,
            name="inference: decisions",
            message=self._pace.describe() if self._driver.model else "no model is loaded",
            values=[
                KeyValue(key=name, value=value)
                for name, value in {"model": self._driver.model, **self._pace.values()}.items()
            ],
        )
        if late:
            self.get_logger().warning(status.message, throttle_duration_sec=REPEAT_PERIOD)
        message = DiagnosticArray(status=[status])
        message.header.stamp = to_time(self._now())
        self._diagnostics.publish(message)
        self._pace = Pace()

    def _now(self) -> int:
        nanoseconds: int = self.get_clock().now().nanoseconds
        return nanoseconds


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(InferenceNode))
