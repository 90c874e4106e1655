"""Stands in for a simulator where only the car shall be seen: it is parked on the start line."""

from __future__ import annotations

import sys

from builtin_interfaces.msg import Time
from deepracer_drive.node_main import spin_until_shutdown
from geometry_msgs.msg import TransformStamped
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from deepracer_sim.engine import JOINTS
from deepracer_sim.nodes.track_messages import MAP_FRAME, yaw_quaternion
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

ODOM_FRAME, BASE_FRAME = "odom", "base_link"
JOINT_STATE_PERIOD = 0.1  # [s]
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class ParkedCar(Node):
    """Publishes where a simulator would: the frames of REP 105 and the joints, all at rest.

    | topic           | type                   | content                                         |
    |-----------------|------------------------|-------------------------------------------------|
    | `/tf_static`    | tf2_msgs/TFMessage     | map -> odom -> base_link, at the track's start  |
    | `/joint_states` | sensor_msgs/JointState | 10 Hz; wheels and hinges at zero                |

    Parameter `track` names the track.
    """

    def __init__(self) -> None:
        """Park the car.

        Raises:
            TrackError: there is no such track, or its definition is broken.
        """
        super().__init__("parked_car")
        described = ParameterDescriptor(
            description="name of the track on whose start line the car stands", read_only=True
        )
        name = self.declare_parameter("track", DEFAULT_TRACK, described).value
        start_pose = find_track(name).start_pose
        tf_static = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        tf_static.publish(start_transforms(start_pose, self.get_clock().now().to_msg()))
        self._joint_states = self.create_publisher(JointState, "joint_states", 1)
        self.create_timer(JOINT_STATE_PERIOD, self._publish_joints)

    def _publish_joints(self) -> None:
        message = JointState(name=list(JOINTS), position=[0.0] * len(JOINTS))
        message.header.stamp = self.get_clock().now().to_msg()
        self._joint_states.publish(message)


def start_transforms(pose: tuple[float, float, float], stamp: Time) -> TFMessage:
    """The frames of a car that stands at x, y [m], yaw [rad] of the map and has not moved yet."""
    to_odom = TransformStamped(child_frame_id=ODOM_FRAME)
    to_odom.header.frame_id = MAP_FRAME
    to_odom.transform.rotation.w = 1.0
    to_car = TransformStamped(child_frame_id=BASE_FRAME)
    to_car.header.frame_id = ODOM_FRAME
    to_car.transform.translation.x, to_car.transform.translation.y, yaw = pose
    to_car.transform.rotation = yaw_quaternion(yaw)
    to_odom.header.stamp = to_car.header.stamp = stamp
    return TFMessage(transforms=[to_odom, to_car])


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(ParkedCar))
