"""Run as a process by the tests: one node with everything that the command line can look at."""

from __future__ import annotations

import signal

import rclpy
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor, SetParametersResult
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Header, String, UInt8MultiArray
from std_srvs.srv import SetBool

GAIN = ParameterDescriptor(
    description="Steering gain",
    floating_point_range=[FloatingPointRange(from_value=0.0, to_value=1.0)],
)


class Robot(LifecycleNode):
    """Managed node /garage/robot, whose activation always fails."""

    def __init__(self) -> None:
        super().__init__("robot", namespace="garage")
        best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.chatter = self.create_publisher(String, "/chatter", 10)
        self.stamped = self.create_publisher(Header, "/stamped", best_effort)
        self.latched = self.create_publisher(UInt8MultiArray, "/latched", latched)
        self.latched.publish(UInt8MultiArray(data=range(200)))
        self.create_publisher(String, "/_secret", 1)
        self.create_subscription(String, "/orders", self._obey, 10)
        self.create_service(SetBool, "/enable", self._enable)
        self.declare_parameter("gain", 0.5, GAIN)
        self.declare_parameter("camera.name", "front", ParameterDescriptor(read_only=True))
        self.declare_parameter("ports", [1, 2])
        self.declare_parameter("lap", 3)
        self.declare_parameter("order", "none")
        self.add_on_set_parameters_callback(self._check)
        self._count = 0
        self.create_timer(0.05, self._tick)

    def _tick(self) -> None:
        self._count += 1
        self.chatter.publish(String(data=f"hello {self._count}"))
        self.stamped.publish(Header(stamp=self.get_clock().now().to_msg(), frame_id="map"))

    def _obey(self, msg: String) -> None:
        self.set_parameters([rclpy.Parameter("order", value=msg.data)])

    def _enable(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        response.success = request.data
        response.message = "on" if request.data else "off"
        return response

    def _check(self, parameters: list[rclpy.Parameter]) -> SetParametersResult:
        if any(p.name == "lap" and p.value < 0 for p in parameters):
            return SetParametersResult(successful=False, reason="a lap is not negative")
        return SetParametersResult(successful=True)

    def on_activate(self, _state: object) -> TransitionCallbackReturn:
        return TransitionCallbackReturn.FAILURE


def main() -> None:
    rclpy.init()
    node = Robot()
    print("ready", flush=True)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    main()
