"""The node as a process: its parameters, topics, exit codes and signals."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
import yaml
from rcl_interfaces.srv import SetParametersAtomically
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

START = "from robot_state_publisher.node import main; main()"
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
WAIT = 30.0  # [s] until a test gives up
ARM = """
<robot name='arm'>
  <link name='base'/><link name='upper'/><link name='tool'/>
  <joint name='elbow' type='continuous'>
    <parent link='base'/><child link='upper'/><axis xyz='0 0 1'/>
  </joint>
  <joint name='flange' type='fixed'>
    <parent link='upper'/><child link='tool'/><origin xyz='0.5 0 0'/>
  </joint>
</robot>
"""


def start(tmp_path: Path, **parameters: Any) -> subprocess.Popen[str]:
    path = tmp_path / "parameters.yaml"
    path.write_text(yaml.safe_dump({"robot_state_publisher": {"ros__parameters": parameters}}))
    return subprocess.Popen(
        [sys.executable, "-c", START, "--ros-args", "--params-file", str(path)],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def run(**parameters: Any) -> subprocess.Popen[str]:
        started.append(start(tmp_path, **parameters))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def node() -> Iterator[Node]:
    rclpy.init()
    node = rclpy.create_node("tester")
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


class Inbox:
    """The messages of a topic, waited for."""

    def __init__(self, node: Node, kind: type, topic: str, qos: QoSProfile) -> None:
        self.node = node
        self.messages: list[Any] = []
        node.create_subscription(kind, topic, self.messages.append, qos)

    def next(self) -> Any:
        wait_until(self.node, lambda: bool(self.messages))
        return self.messages.pop(0)


def wait_until(node: Node, condition: Callable[[], bool]) -> None:
    deadline = node.get_clock().now().nanoseconds + WAIT * 1e9
    while not condition():
        assert node.get_clock().now().nanoseconds < deadline, "nothing happened"
        rclpy.spin_once(node, timeout_sec=0.1)


def set_parameters(node: Node, **values: Any) -> Any:
    client = node.create_client(
        SetParametersAtomically, "/robot_state_publisher/set_parameters_atomically"
    )
    assert client.wait_for_service(WAIT)
    request = SetParametersAtomically.Request()
    request.parameters = [
        Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
    ]
    future = client.call_async(request)
    wait_until(node, future.done)
    return future.result().result


def test_late_subscribers_get_the_description_and_fixed_joints(launch, node):
    launch(robot_description=ARM, frame_prefix="left/")
    assert Inbox(node, String, "/robot_description", LATCHED).next().data == ARM
    (fixed,) = Inbox(node, TFMessage, "/tf_static", LATCHED).next().transforms
    assert (fixed.header.frame_id, fixed.child_frame_id) == ("left/upper", "left/tool")
    assert fixed.transform.translation.x == 0.5
    assert fixed.header.stamp.sec > 0


def test_joint_states_become_tf_at_the_rate_of_their_stamps(launch, node):
    launch(robot_description=ARM, publish_frequency=10.0)
    tf = Inbox(node, TFMessage, "/tf", QoSProfile(depth=10))
    publisher = node.create_publisher(JointState, "/joint_states", qos_profile_sensor_data)

    def publish(milliseconds: int, *positions: float, second: int = 5000) -> None:
        message = JointState(name=["elbow"], position=positions)
        message.header.stamp.sec = second
        message.header.stamp.nanosec = milliseconds * 1_000_000
        publisher.publish(message)

    # Both ends of both topics have found each other only when something has come all the way.
    seconds = itertools.count(1)
    wait_until(node, lambda: bool(publish(0, 0.0, second=next(seconds)) or tf.messages))
    spare = next(seconds)
    publish(0, 0.0, second=spare)
    while tf.next().transforms[0].header.stamp.sec < spare:
        pass

    publish(0)  # refused: no position
    publish(0, 0.0)
    stamps = [tf.next().transforms[0].header.stamp.nanosec]
    for milliseconds in (50, 99, 100, 150, 200):
        publish(milliseconds, 1.0)
    stamps += [tf.next().transforms[0].header.stamp.nanosec for _ in range(2)]
    assert stamps == [0, 100_000_000, 200_000_000]


def test_a_new_description_is_published_and_a_broken_one_refused(launch, node):
    launch(robot_description=ARM)
    descriptions = Inbox(node, String, "/robot_description", LATCHED)
    fixed = Inbox(node, TFMessage, "/tf_static", LATCHED)
    descriptions.next()
    fixed.next()
    refused = set_parameters(node, robot_description=ARM + "<", publish_frequency=5.0)
    assert not refused.successful
    assert "not well-formed" in refused.reason
    refused = set_parameters(node, publish_frequency=0.0)
    assert refused.reason == "publish_frequency must be between 0 and 1000 Hz"
    longer = ARM.replace("0.5 0 0", "0.75 0 0")
    assert set_parameters(node, robot_description=longer).successful
    assert descriptions.next().data == longer
    assert fixed.next().transforms[0].transform.translation.x == 0.75


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "robot_description parameter must not be empty"),
        ({"robot_description": "<sdf/>"}, "root element is <sdf>"),
        ({"robot_description": ARM, "publish_frequency": 2000.0}, "between 0 and 1000 Hz"),
    ],
)
def test_it_does_not_start_with_a_broken_parameter(launch, parameters, message):
    process = launch(**parameters)
    _, stderr = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert message in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_on_signals(launch, node, number):
    process = launch(robot_description=ARM)
    Inbox(node, String, "/robot_description", LATCHED).next()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert "Traceback" not in stderr
