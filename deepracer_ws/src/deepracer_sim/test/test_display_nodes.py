"""The nodes of the display, each with a subscriber beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from deepracer_core.errors import TrackError
from deepracer_sim.engine import JOINTS
from deepracer_sim.nodes.parked_car import ParkedCar
from deepracer_sim.nodes.track_publisher import TrackPublisher
from nav_msgs.msg import Path
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
WAIT = 30.0  # [s] until a test gives up


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[[], Node]], Node]]:
    """Makes nodes that spin whenever a message is awaited; its parameter: ROS arguments."""
    rclpy.init(args=["--ros-args", *getattr(request, "param", [])])
    executor = SingleThreadedExecutor()

    def start(factory: Callable[[], Node]) -> Node:
        node = factory()
        executor.add_node(node)
        return node

    yield start
    for node in executor.get_nodes():
        node.destroy_node()
    executor.shutdown()
    rclpy.try_shutdown()


def receive(node: Node, kind: type, topic: str) -> Any:
    """The next message of a topic, for a subscriber that comes late."""
    messages: list[Any] = []
    node.create_subscription(kind, topic, messages.append, LATCHED)
    deadline = node.get_clock().now().nanoseconds + WAIT * 1e9
    while not messages:
        assert node.get_clock().now().nanoseconds < deadline, f"nothing on {topic}"
        node.executor.spin_once(timeout_sec=0.1)
    return messages[0]


def test_markers_and_centre_line_wait_for_late_subscribers(run):
    run(TrackPublisher)
    listener = run(lambda: rclpy.create_node("listener"))
    assert len(receive(listener, MarkerArray, "/track/markers").markers) == 6
    assert len(receive(listener, Path, "/track/centre_line").poses) == 119


def test_the_parked_car_has_a_place_and_all_its_joints_at_rest(run):
    car = run(ParkedCar)
    listener = run(lambda: rclpy.create_node("listener"))
    frames = [item.child_frame_id for item in receive(listener, TFMessage, "/tf_static").transforms]
    assert frames == ["odom", "base_link"]
    joints: list[JointState] = []
    listener.create_subscription(JointState, "/joint_states", joints.append, 1)
    before = car.get_clock().now().nanoseconds
    while not joints:
        listener.executor.spin_once(timeout_sec=0.1)
    assert tuple(joints[0].name) == JOINTS
    assert set(joints[0].position) == {0.0}
    stamp = joints[0].header.stamp
    assert stamp.sec * 10**9 + stamp.nanosec >= before


@pytest.mark.parametrize("run", [["-p", "track:=oval"]], indirect=True)
@pytest.mark.parametrize("factory", [TrackPublisher, ParkedCar])
def test_an_unknown_track_is_refused(run, factory):
    with pytest.raises(TrackError, match="track 'oval' not found"):
        run(factory)
