"""Stands in for parameter_bridge of ros_gz, and holds the world of the server behind it.

It reads the same parameter, YAML and arguments as the real one, and offers exactly the topics and
services that they ask for. The variable `HABITS` is JSON with fields of `gazebo_world.Habits`.
"""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import sys
from array import array
from importlib import import_module
from pathlib import Path
from typing import Any

import rclpy
import yaml
from deepracer_drive.messages import to_time
from deepracer_sim.gazebo import names
from gazebo_server import address
from gazebo_world import Control, Habits, ServerDiedError, State, World
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.utilities import remove_ros_args
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, JointState

HABITS = "GAZEBO_STAND_IN_HABITS"
KEYS = {
    *("topic_name", "ros_topic_name", "gz_topic_name", "ros_type_name", "gz_type_name"),
    *("direction", "publisher_queue", "subscriber_queue", "lazy"),
}
PAUSED_TURN = 0.001  # [s]
STATE_PERIOD = 22_000_000
"""Simulated time [ns] from one published state to the next, and between two looks at what is asked.
gz-sim publishes each step, which in Python takes ten times as long as the step itself."""


def type_of(name: str) -> Any:
    """The class of a type such as std_msgs/msg/Float64."""
    package, kind, name = name.split("/")
    return getattr(import_module(f"{package}.{kind}"), name)


class Bridge(Node):
    """Publishers, subscriptions and services as configured, and a world behind them."""

    def __init__(self) -> None:
        super().__init__("ros_gz_bridge")
        path = self.declare_parameter("config_file", "").value
        self.entries = yaml.safe_load(Path(path).read_text())
        self.publishers_of: dict[str, Any] = {}
        self.lazy: dict[str, bool] = {}
        commands = [names.GZ_STEERING, names.GZ_LEFT_WHEEL, names.GZ_RIGHT_WHEEL]
        self.world = World(
            Habits(**json.loads(os.environ.get(HABITS, "{}"))),
            on_clock=self._tell_clock,
            on_state=self._tell_state,
            on_frame=self._show,
            has_viewer=lambda: self._is_heard(names.GZ_IMAGE),
        )
        for entry in self.entries:
            if unknown := entry.keys() - KEYS:
                sys.exit(f"parameter_bridge: unknown keys {unknown}")
            kind, topic = type_of(entry["ros_type_name"]), entry["ros_topic_name"]
            if entry["direction"] == "GZ_TO_ROS":
                publisher = self.create_publisher(kind, topic, entry.get("publisher_queue", 10))
                self.publishers_of[entry["gz_topic_name"]] = publisher
                self.lazy[entry["gz_topic_name"]] = entry.get("lazy", False)
            else:
                index = commands.index(entry["gz_topic_name"])
                queue = entry.get("subscriber_queue", 10)
                self.create_subscription(kind, topic, self._commander(index), queue)

    def _commander(self, index: int) -> Any:
        def command(message: Any) -> None:
            self.world.commands[index] = message.data

        return command

    def offer(self, world_name: str, arguments: list[str]) -> None:
        """Make the services of the arguments, if the world has them."""
        for argument in arguments:
            service, kind = argument.split("@")
            if service == f"/world/{world_name}/control":
                self.create_service(type_of(kind), service, self._on_control)
            elif service == f"/world/{world_name}/set_pose":
                self.create_service(type_of(kind), service, self._on_pose)

    def _on_control(self, request: Any, response: Any) -> Any:
        control = request.world_control
        response.success = self.world.control(Control(control.pause, control.multi_step))
        return response

    def _on_pose(self, request: Any, response: Any) -> Any:
        entity, position, turn = request.entity, request.pose.position, request.pose.orientation
        if (entity.name, entity.type) == (names.CAR, entity.MODEL) and position.z > 0.0:
            yaw = 2.0 * math.atan2(turn.z, turn.w)
            response.success = self.world.set_pose(position.x, position.y, yaw)
        return response

    def _is_heard(self, topic: str) -> bool:
        publisher = self.publishers_of.get(topic)
        if publisher is None:
            return False
        return not self.lazy[topic] or publisher.get_subscription_count() > 0

    def _tell_clock(self, stamp: int) -> None:
        if self._is_heard(names.GZ_CLOCK):
            self.publishers_of[names.GZ_CLOCK].publish(Clock(clock=to_time(stamp)))

    def _tell_state(self, state: State) -> None:
        if state.stamp % STATE_PERIOD:
            return
        stamp = to_time(state.stamp)
        odometry = Odometry(child_frame_id=names.BASE_FRAME)
        odometry.header.frame_id, odometry.header.stamp = names.ODOM_FRAME, stamp
        pose, twist = odometry.pose.pose, odometry.twist.twist
        pose.position.x, pose.position.y, pose.position.z = state.position
        turn = pose.orientation
        turn.x, turn.y, turn.z, turn.w = state.orientation
        twist.linear.x, twist.linear.y = state.velocity
        twist.angular.z = state.yaw_rate
        self.publishers_of[names.GZ_ODOMETRY].publish(odometry)
        joints = JointState(name=list(state.joints), position=list(state.joints.values()))
        joints.header.stamp = stamp
        self.publishers_of[names.GZ_JOINT_STATES].publish(joints)

    def _show(self, stamp: int, pixels: Any) -> None:
        rows, columns, _ = pixels.shape
        image = Image(height=rows, width=columns, encoding="rgb8", step=3 * columns)
        image.header.frame_id, image.header.stamp = names.CAMERA_FRAME, to_time(stamp)
        image.data = array("B", pixels.tobytes())
        self.publishers_of[names.GZ_IMAGE].publish(image)


def find_server(executor: SingleThreadedExecutor) -> tuple[socket.socket, dict[str, Any]]:
    """Wait for the server of this partition."""
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address())
        except ConnectionError:
            connection.close()
            executor.spin_once(timeout_sec=0.05)
            continue
        with connection.makefile() as stream:
            told = json.loads(stream.readline())
        connection.setblocking(False)
        return connection, told


def has_ended(connection: socket.socket) -> bool:
    """Whether the server is gone."""
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


def serve(node: Bridge, arguments: list[str]) -> None:
    """Turn the server's loop as long as the server is there."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    connection, told = find_server(executor)
    node.world.paused = not told["run"]
    node.offer(told["name"], arguments)
    with connection:
        while not has_ended(connection):
            if node.world.paused:
                executor.spin_once(timeout_sec=PAUSED_TURN)
            elif node.world.time % STATE_PERIOD == 0:
                executor.spin_once(timeout_sec=0.0)
            try:
                node.world.iterate()
            except ServerDiedError:
                os.kill(told["pid"], signal.SIGKILL)
                break
    while True:  # the bridge knows nothing of it
        executor.spin_once(timeout_sec=1.0)


def main() -> None:
    rclpy.init()
    node = Bridge()
    try:
        serve(node, remove_ros_args(sys.argv)[1:])
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
