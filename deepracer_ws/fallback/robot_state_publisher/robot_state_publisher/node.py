"""The node: parameter robot_description and topic joint_states in, tf out."""

from __future__ import annotations

import signal
import sys

import rclpy
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from robot_state_publisher.kinematics import PublishSchedule, RobotKinematics, Transform

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TF_DEPTH = 100  # as tf2_ros
MAX_FREQUENCY = 1000.0  # [Hz] as the real node
WAKE_PERIOD = 0.2  # [s] rclpy loses a SIGTERM that comes just before it begins to wait


class RobotStatePublisher(Node):
    """Publishes robot_description and /tf_static once, and /tf for each joint state that is due.

    | parameter           | default | meaning                                               |
    |---------------------|---------|-------------------------------------------------------|
    | `robot_description` |         | the URDF; may be set anew while running               |
    | `publish_frequency` | 20.0    | largest rate of /tf [Hz] in message time              |
    | `ignore_timestamp`  | false   | publish every joint state, whatever its stamp         |
    | `frame_prefix`      | ""      | put before each frame name                            |
    """

    def __init__(self) -> None:
        """Read the parameters and publish what does not change.

        Raises:
            UrdfError: robot_description is missing or no valid URDF.
            ValueError: publish_frequency is out of range.
        """
        super().__init__("robot_state_publisher")
        self._schedule = PublishSchedule()
        self._description = self.create_publisher(String, "robot_description", LATCHED)
        self._tf = self.create_publisher(TFMessage, "/tf", TF_DEPTH)
        self._tf_static = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        self._interval = _interval(self.declare_parameter("publish_frequency", 20.0).value)
        self.declare_parameter("ignore_timestamp", False)
        self.declare_parameter("frame_prefix", "")
        self._load(self.declare_parameter("robot_description", "").value)
        self.add_on_set_parameters_callback(self._validate)
        self.add_post_set_parameters_callback(self._apply)
        self.create_subscription(
            JointState, "joint_states", self._on_joint_states, qos_profile_sensor_data
        )
        self.get_logger().info("Robot initialized")

    def _load(self, urdf: str) -> None:
        self._robot = RobotKinematics(urdf)
        self._description.publish(String(data=urdf))
        transforms = self._robot.fixed_transforms()
        self._tf_static.publish(self._message(transforms, self.get_clock().now()))

    def _validate(self, parameters: list[Parameter]) -> SetParametersResult:
        try:
            for parameter in parameters:
                if parameter.name == "robot_description":
                    RobotKinematics(parameter.value)
                elif parameter.name == "publish_frequency":
                    _interval(parameter.value)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _apply(self, parameters: list[Parameter]) -> None:
        for parameter in parameters:
            if parameter.name == "robot_description":
                self._load(parameter.value)
            elif parameter.name == "publish_frequency":
                self._interval = _interval(parameter.value)

    def _on_joint_states(self, message: JointState) -> None:
        if len(message.name) != len(message.position):
            self.get_logger().warning(
                f"Robot state publisher ignored a JointState message with {len(message.name)} "
                f"names and {len(message.position)} positions"
            )
            return
        if self._schedule.clock_went_back(self.get_clock().now().nanoseconds):
            self.get_logger().warning("Moved backwards in time, re-publishing joint transforms!")
        stamp = Time.from_msg(message.header.stamp)
        names = list(message.name)
        ignore_stamp = self.get_parameter("ignore_timestamp").value
        if ignore_stamp or self._schedule.is_due(names, stamp.nanoseconds, self._interval):
            transforms = self._robot.moving_transforms(dict(zip(names, message.position)))
            self._tf.publish(self._message(transforms, stamp))
            self._schedule.mark_published(names, stamp.nanoseconds)

    def _message(self, transforms: list[Transform], stamp: Time) -> TFMessage:
        prefix = self.get_parameter("frame_prefix").value
        return TFMessage(transforms=[_stamped(item, stamp, prefix) for item in transforms])


def _stamped(transform: Transform, stamp: Time, prefix: str) -> TransformStamped:
    message = TransformStamped(child_frame_id=prefix + transform.child)
    message.header.stamp = stamp.to_msg()
    message.header.frame_id = prefix + transform.parent
    x, y, z = transform.translation
    message.transform.translation = Vector3(x=x, y=y, z=z)
    x, y, z, w = transform.rotation
    message.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return message


def _interval(frequency: float) -> int:
    """The shortest time between two publications [ns]."""
    if not 0.0 < frequency <= MAX_FREQUENCY:
        raise ValueError("publish_frequency must be between 0 and 1000 Hz")
    return round(1e9 / frequency)


def main() -> None:
    """Run the node until SIGINT or SIGTERM; exit with 1 where it cannot start."""
    try:
        rclpy.init()
        executor = SingleThreadedExecutor()
        executor.add_node(RobotStatePublisher())
        while rclpy.ok():
            executor.spin_once(timeout_sec=WAKE_PERIOD)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RuntimeError, NotInitializedException):
        # The errors of rclpy where a signal ended ROS while the node was being made.
        if rclpy.ok():
            raise
    except ValueError as error:
        sys.exit(f"robot_state_publisher: {error}")
    finally:
        # ros2 launch passes on the SIGINT that the terminal already sent: the second one must not
        # hit the clean-up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        rclpy.try_shutdown()
