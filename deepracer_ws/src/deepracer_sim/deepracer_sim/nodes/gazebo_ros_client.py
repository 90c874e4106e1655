"""A gz-sim server as it is reached through parameter_bridge of ros_gz."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from deepracer_core.errors import SimulationError
from deepracer_drive.messages import to_nanoseconds
from geometry_msgs.msg import Point, Pose, Quaternion
from nav_msgs.msg import Odometry
from rclpy.client import Client
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from ros_gz_interfaces.msg import Entity, WorldControl
from ros_gz_interfaces.srv import ControlWorld, SetEntityPose
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Float64

from deepracer_sim.engine import planar_orientation
from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.client import Frame, OdometryReading
from deepracer_sim.gazebo.command_shaping import JointCommands

POLL_PERIOD = 0.0005
"""Time between two looks at what has come [s]. The server publishes its state in each step, 500
times in a simulated second: looking twice in a millisecond takes less than being woken for each."""

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""Of what is heard. A reliable subscriber that is slow would stall the bridge."""

COMMANDS = QoSProfile(depth=1)


class GazeboRosClient:
    """`client.GazeboClient` by topics and services, for whoever may block.

    It has a node and an executor of its own, so that it works within callbacks of another node, and
    it measures time by the wall clock alone.
    """

    odometry: OdometryReading | None = None
    frame: Frame | None = None

    def __init__(self, parent: Node) -> None:
        """Make the ends of topics and services, in the namespace and context of `parent`."""
        self._node = Node("gazebo_client", namespace=parent.get_namespace(), context=parent.context)
        self._executor = SingleThreadedExecutor(context=parent.context)
        self._executor.add_node(self._node)
        self._newest_joints: dict[str, float] = {}
        self._clock: list[int] = []
        self._publishers = [
            self._node.create_publisher(Float64, topic, COMMANDS)
            for topic in (names.ROS_STEERING, names.ROS_LEFT_WHEEL, names.ROS_RIGHT_WHEEL)
        ]
        self._heard: list[Subscription] = [
            self._node.create_subscription(Odometry, names.ROS_ODOMETRY, self._on_odometry, NEWEST),
            self._node.create_subscription(Image, names.ROS_IMAGE, self._on_image, NEWEST),
        ]
        self._joint_states = self._node.create_subscription(
            JointState, names.ROS_JOINT_STATES, self._on_joints, NEWEST
        )
        self._control = self._node.create_client(ControlWorld, names.CONTROL_SERVICE)
        self._set_pose = self._node.create_client(SetEntityPose, names.SET_POSE_SERVICE)

    @property
    def joints(self) -> Mapping[str, float]:
        """Newest positions [rad] of the joints by their names; looked for only when asked."""
        _take(self._joint_states)
        return self._newest_joints

    def missing(self) -> list[str]:
        """Which topics and services have no other end yet, in words."""
        return [
            *(
                f"a subscriber of {publisher.topic_name}"
                for publisher in self._publishers
                if not publisher.get_subscription_count()
            ),
            *(
                f"a publisher of {subscription.topic_name}"
                for subscription in (*self._heard, self._joint_states)
                if not self._node.count_publishers(subscription.topic_name)
            ),
            *(
                f"the service {client.srv_name}"
                for client in (self._control, self._set_pose)
                if not client.service_is_ready()
            ),
        ]

    def send(self, commands: JointCommands) -> None:
        """Tell the joints what to do from now on."""
        for publisher, value in zip(self._publishers, commands):
            publisher.publish(Float64(data=value))

    def request_steps(self, steps: int, patience: float) -> bool:
        """Ask for so many steps, then pause; whether that was answered."""
        control = WorldControl(pause=True, multi_step=steps)  # pause false would un-pause the world
        return self._call(self._control, ControlWorld.Request(world_control=control), patience)

    def request_pose(self, x: float, y: float, yaw: float, patience: float) -> bool:
        """Ask to put the car somewhere; whether that was answered."""
        turn = planar_orientation(np.array([yaw]))[0].tolist()
        pose = Pose(
            position=Point(x=x, y=y, z=names.SPAWN_HEIGHT),
            orientation=Quaternion(**dict(zip("xyzw", turn))),
        )
        entity = Entity(name=names.CAR, type=Entity.MODEL)
        request = SetEntityPose.Request(entity=entity, pose=pose)
        return self._call(self._set_pose, request, patience)

    def read_clock(self, patience: float) -> int | None:
        """The time [ns] at which the world stands: it is told twice in a row."""
        self._clock.clear()
        subscription = self._node.create_subscription(
            Clock, names.ROS_CLOCK, self._on_clock, NEWEST
        )
        self._heard.append(subscription)
        stands = self.wait(lambda: len(self._clock) > 1 and len(set(self._clock)) == 1, patience)
        self._heard.remove(subscription)
        self._node.destroy_subscription(subscription)
        return self._clock[0] if stands else None

    def wait(self, done: Callable[[], bool], patience: float) -> bool:
        """Listen until `done`; False: it was not within `patience` [s]."""
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                return False
            if not self._node.context.ok():
                raise ExternalShutdownException
            if not self._take_what_has_come():
                time.sleep(POLL_PERIOD)
        return True

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()

    def _call(self, client: Client, request: Any, patience: float) -> bool:
        future = client.call_async(request)
        deadline = time.monotonic() + patience
        while not future.done():
            left = deadline - time.monotonic()
            if left <= 0.0:
                client.remove_pending_request(future)
                return False
            self._executor.spin_once(timeout_sec=left)
        answer = future.result()
        return answer is not None and bool(answer.success)

    def _take_what_has_come(self) -> bool:
        """Give the newest message of each topic to its callback; False: there was none."""
        taken = [_take(subscription) for subscription in self._heard]
        return any(taken)

    def _on_odometry(self, message: Odometry) -> None:
        pose, twist = message.pose.pose, message.twist.twist
        turn = pose.orientation
        self.odometry = OdometryReading(
            stamp=to_nanoseconds(message.header.stamp),
            position=(pose.position.x, pose.position.y, pose.position.z),
            orientation=(turn.x, turn.y, turn.z, turn.w),
            velocity=(twist.linear.x, twist.linear.y),
            yaw_rate=twist.angular.z,
        )

    def _on_image(self, message: Image) -> None:
        if message.encoding != "rgb8" or message.step != 3 * message.width:
            raise SimulationError(
                f"{names.ROS_IMAGE} is {message.encoding} with {message.step} bytes in a row of "
                f"{message.width} pixels, not rgb8 without gaps; give the camera of the world the "
                "format R8G8B8"
            )
        pixels = np.frombuffer(message.data, np.uint8)
        self.frame = Frame(
            to_nanoseconds(message.header.stamp), pixels.reshape(message.height, message.width, 3)
        )

    def _on_joints(self, message: JointState) -> None:
        self._newest_joints = dict(zip(message.name, message.position))

    def _on_clock(self, message: Clock) -> None:
        self._clock = [*self._clock[-1:], to_nanoseconds(message.clock)]


def _take(subscription: Subscription) -> bool:
    """Give the newest message, if there is one, to the callback."""
    with subscription.handle:
        taken = subscription.handle.take_message(subscription.msg_type, False)
    if taken is None:
        return False
    subscription.callback(taken[0])
    return True
