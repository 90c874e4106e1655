"""The display as a user launches it: what it publishes, and how it ends."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
import yaml
from ament_index_python.packages import get_packages_with_prefixes
from launched import ENDING_SIGNALS, WAIT, Launched
from nav_msgs.msg import Path as PathMessage
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

ROOT = Path(__file__).parents[1]
DISPLAY = ("deepracer", "display.launch.py")
NODES = {"robot_state_publisher", "track_publisher", "parked_car"}
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RVIZ_IS_INSTALLED = "rviz2" in get_packages_with_prefixes()


class Receiver:
    """A node in this process, which collects what others publish."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def collect(self, kind: type, topic: str, enough: Callable[[list[Any]], Any]) -> Any:
        """Receive messages until `enough` of them makes something true, and return that."""
        messages: list[Any] = []
        qos = QoSProfile(depth=10) if topic == "/tf" else LATCHED
        subscription = self.node.create_subscription(kind, topic, messages.append, qos)
        deadline = self.node.get_clock().now().nanoseconds + WAIT * 1e9
        while not (result := enough(messages)):
            assert self.node.get_clock().now().nanoseconds < deadline, f"{topic}: {messages}"
            rclpy.spin_once(self.node, timeout_sec=0.2)
        self.node.destroy_subscription(subscription)
        return result


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    rclpy.init()
    node = rclpy.create_node("receiver")
    yield Receiver(node)
    node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def display(receiver) -> Iterator[Launched]:
    """The display, once all of its topics are there."""
    with Launched(*DISPLAY, "rviz:=false") as running:
        for kind, topic in ((String, "/robot_description"), (MarkerArray, "/track/markers")):
            receiver.collect(kind, topic, bool)
        frames(receiver, "/tf", 6)
        yield running


def frames(receiver: Receiver, topic: str, count: int) -> dict[str, Any]:
    """Wait until the topic has told the poses of so many frames; return them by child frame."""

    def enough(messages: list[TFMessage]) -> dict[str, Any] | None:
        found = {item.child_frame_id: item for message in messages for item in message.transforms}
        return found if len(found) >= count else None

    return receiver.collect(TFMessage, topic, enough)


def latest(messages: list[Any]) -> Any:
    return messages[-1] if messages else None


def test_another_process_reads_car_frames_and_track(display, receiver):
    description = receiver.collect(String, "/robot_description", latest).data
    links = {link.get("name") for link in ET.fromstring(description).iter("link")}
    static = frames(receiver, "/tf_static", 6)
    moving = frames(receiver, "/tf", 6)
    assert {*static, *moving, "map"} == {*links, "odom", "map"}
    assert static["base_link"].header.frame_id == "odom"
    assert static["odom"].header.frame_id == "map"
    assert static["base_link"].transform.translation.x == pytest.approx(3.06, abs=0.01)
    assert static["camera_optical_frame"].header.frame_id == "camera_link"
    assert moving["left_front_wheel"].header.frame_id == "left_steering_hinge"

    markers = receiver.collect(MarkerArray, "/track/markers", latest).markers
    assert {marker.ns for marker in markers} >= {"field", "walls", "road", "dashes"}
    assert {marker.header.frame_id for marker in markers} == {"map"}
    assert len(receiver.collect(PathMessage, "/track/centre_line", latest).poses) == 119


def test_it_consists_of_its_three_nodes(display):
    assert set(display.nodes()) == NODES


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_ends_all_of_it(display, number):
    display.process.send_signal(number)
    display.wait_for_end()
    assert display.processes() == {}
    assert "Traceback" not in display.output
    for executable in NODES:
        assert f"[{executable}-" in display.output
    assert display.output.count("process has finished cleanly") == len(NODES)


def test_ctrl_c_in_a_terminal_ends_all_of_it(display):
    display.press_ctrl_c()
    assert display.wait_for_end() == 0
    assert display.processes() == {}
    assert "Traceback" not in display.output
    assert display.output.count("process has finished cleanly") == len(NODES)


@pytest.mark.parametrize("executable", sorted(NODES))
def test_when_a_node_crashes_the_rest_ends_and_it_says_which(display, executable):
    pid = display.nodes()[executable]
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    assert display.wait_for_end() == 1
    assert display.processes() == {}
    assert f"process has died [pid {pid}, exit code -9" in display.output
    assert display.output.count("process has finished cleanly") == len(NODES) - 1


def test_an_unknown_track_ends_it_with_the_reason():
    with Launched(*DISPLAY, "rviz:=false", "track:=oval") as running:
        assert running.wait_for_end() == 1
        assert running.processes() == {}
    # Two nodes look for it. The later one is ended, maybe while it imports: no fault.
    lines = running.output.splitlines()
    told = next(line for line in lines if "track 'oval' not found" in line)
    assert f"{told.split()[0]} Traceback" not in running.output


def test_with_a_simulator_the_car_is_not_parked(receiver):
    with Launched(*DISPLAY, "rviz:=false", "parked:=false") as running:
        static = frames(receiver, "/tf_static", 4)
        receiver.collect(MarkerArray, "/track/markers", bool)
        assert "base_link" not in static
        assert set(running.nodes()) == NODES - {"parked_car"}


@pytest.fixture
def install_rviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a package rviz2 first in the workspaces, with a Python program of our own."""

    def install(code: str) -> None:
        index = tmp_path / "share" / "ament_index" / "resource_index" / "packages"
        program = tmp_path / "lib" / "rviz2" / "rviz2"
        for folder in (index, program.parent):
            folder.mkdir(parents=True)
        (index / "rviz2").touch()
        program.write_text(f"#!/usr/bin/env python3\nimport signal, sys\n{code}\n")
        program.chmod(0o755)
        monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path), prepend=":")

    return install


def test_rviz_starts_with_our_configuration_where_it_is_installed(install_rviz):
    install_rviz("print('rviz2 shows', sys.argv[2], flush=True); signal.pause()")
    with Launched(*DISPLAY) as running:
        running.wait_for("/share/deepracer/rviz/deepracer.rviz\n")
        assert "rviz2 shows /" in running.output
        assert "rviz2" in running.nodes()


def test_closing_rviz_closes_the_display(install_rviz):
    install_rviz("sys.exit(0)")
    with Launched(*DISPLAY) as running:
        assert running.wait_for_end() == 0
        assert running.processes() == {}


def test_rviz_is_left_out_on_demand(install_rviz, receiver):
    install_rviz("signal.pause()")
    with Launched(*DISPLAY, "rviz:=false") as running:
        receiver.collect(MarkerArray, "/track/markers", bool)
        frames(receiver, "/tf", 6)
        assert set(running.nodes()) == NODES


@pytest.mark.skipif(RVIZ_IS_INSTALLED, reason="rviz2 is installed here")
def test_without_rviz_it_says_what_to_do_instead():
    with Launched(*DISPLAY) as running:
        running.wait_for(
            "rviz2 is not installed; for a picture: "
            "ros2 run deepracer snapshot --track reinvent_2018"
        )


def test_arguments_are_described():
    shown = subprocess.run(
        ["ros2", "launch", *DISPLAY, "--show-args"], capture_output=True, text=True, check=True
    )
    for name in ("'track':", "'parked':", "'rviz':"):
        assert name in shown.stdout
    assert "no description given" not in shown.stdout


def test_the_rviz_configuration_shows_what_is_published():
    config = yaml.safe_load((ROOT / "rviz" / "deepracer.rviz").read_text())
    manager = config["Visualization Manager"]
    assert manager["Global Options"]["Fixed Frame"] == "map"
    topics = {
        display["Class"].removeprefix("rviz_default_plugins/"): (
            display.get("Topic") or display.get("Description Topic") or {}
        ).get("Value")
        for display in manager["Displays"]
    }
    assert topics == {
        "MarkerArray": "/track/markers",
        "RobotModel": "/robot_description",
        "Path": "/track/centre_line",
        "TF": None,
        "Image": "/camera/image_raw",
    }
