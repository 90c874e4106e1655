"""config/gazebo_bridge.yaml names what world, car and ROS have, and types that the bridge knows."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import gazebo_samples as samples
import pytest
import yaml
from deepracer_sim.gazebo import names

CONFIG = Path(__file__).parents[1] / "config" / "gazebo_bridge.yaml"
PAGE = samples.ROOT.parent / "shared" / "reference" / "gazebo.md"

# The pairs that ros_gz_bridge converts in Jazzy, Kilted and Lyrical, of those that a car may need.
TYPES = {
    ("rosgraph_msgs/msg/Clock", "gz.msgs.Clock"),
    ("sensor_msgs/msg/Image", "gz.msgs.Image"),
    ("sensor_msgs/msg/CameraInfo", "gz.msgs.CameraInfo"),
    ("sensor_msgs/msg/Imu", "gz.msgs.IMU"),
    ("sensor_msgs/msg/JointState", "gz.msgs.Model"),
    ("nav_msgs/msg/Odometry", "gz.msgs.Odometry"),
    ("tf2_msgs/msg/TFMessage", "gz.msgs.Pose_V"),
    ("std_msgs/msg/Float64", "gz.msgs.Double"),
    ("geometry_msgs/msg/Twist", "gz.msgs.Twist"),
}

# Keys of an entry that every version reads.
KEYS = {
    "ros_topic_name",
    "gz_topic_name",
    "ros_type_name",
    "gz_type_name",
    "direction",
    "subscriber_queue",
    "publisher_queue",
    "lazy",
}

TO_GZ = {
    names.ROS_STEERING: names.GZ_STEERING,
    names.ROS_LEFT_WHEEL: names.GZ_LEFT_WHEEL,
    names.ROS_RIGHT_WHEEL: names.GZ_RIGHT_WHEEL,
}
TO_ROS = {
    names.ROS_IMAGE: names.GZ_IMAGE,
    names.ROS_CAMERA_INFO: names.GZ_CAMERA_INFO,
    names.ROS_ODOMETRY: names.GZ_ODOMETRY,
    names.ROS_JOINT_STATES: names.GZ_JOINT_STATES,
    names.ROS_CLOCK: names.GZ_CLOCK,
}


@pytest.fixture(scope="module")
def entries():
    return yaml.safe_load(CONFIG.read_text())


def topics(entries, direction):
    return {
        entry["ros_topic_name"]: entry["gz_topic_name"]
        for entry in entries
        if entry["direction"] == direction
    }


def test_it_carries_what_the_contract_names_and_each_way_only(entries):
    assert topics(entries, "ROS_TO_GZ") == TO_GZ
    assert topics(entries, "GZ_TO_ROS") == TO_ROS
    assert len(entries) == len(TO_GZ) + len(TO_ROS)


def test_every_entry_is_complete_and_has_no_key_that_older_versions_lack(entries):
    for entry in entries:
        assert set(entry) <= KEYS
        assert {"ros_topic_name", "gz_topic_name", "ros_type_name", "gz_type_name"} <= set(entry)


def test_the_bridge_knows_each_pair_of_types_and_ros_each_message(entries):
    for entry in entries:
        assert (entry["ros_type_name"], entry["gz_type_name"]) in TYPES
        package, kind, name = entry["ros_type_name"].split("/")
        assert hasattr(importlib.import_module(f"{package}.{kind}"), name)


def test_nothing_that_the_stepper_waits_for_is_lazy(entries):
    """A lazy image is no image: gz-sim renders for subscribers only."""
    lazy = {entry["ros_topic_name"] for entry in entries if entry.get("lazy")}
    assert lazy == {names.ROS_CLOCK}


def test_of_commands_only_the_newest_waits(entries):
    for entry in entries:
        if entry["direction"] == "ROS_TO_GZ":
            assert entry["subscriber_queue"] == 1


def test_the_car_has_every_topic_but_the_worlds_clock(entries):
    said = {item.text for item in samples.car().iter() if item.text}
    topics_ = {entry["gz_topic_name"] for entry in entries}
    assert topics_ - said == {names.GZ_CLOCK}


def test_ros_names_are_relative_so_that_simulators_can_live_in_namespaces(entries):
    for entry in entries:
        assert not entry["ros_topic_name"].startswith(("/", "~"))
        assert entry["gz_topic_name"].startswith("/")


def test_the_services_are_bridged_by_arguments_only(entries):
    assert not [entry for entry in entries if "service_name" in entry]
    assert dict(argument.split("@") for argument in names.BRIDGED_SERVICES) == {
        f"/world/{names.WORLD}/control": "ros_gz_interfaces/srv/ControlWorld",
        f"/world/{names.WORLD}/set_pose": "ros_gz_interfaces/srv/SetEntityPose",
    }
    for argument in names.BRIDGED_SERVICES:  # the file tells people the same
        assert argument in CONFIG.read_text()


@pytest.mark.skipif(not PAGE.is_file(), reason="the page with the table of types is not here")
def test_types_are_those_of_the_page():
    """The table above is that of the page on Gazebo, read from its list and its examples."""
    page = PAGE.read_text()
    listed = re.search(r"Types used here: (.*?)\. There is NO", page, re.DOTALL)[1]
    for ros, gz in TYPES:
        assert ros.rsplit("/", 1)[1] in listed
        same_name = ros.rsplit("/", 1)[1].lower() == gz.rsplit(".", 1)[1].lower()
        assert same_name or gz.rsplit(".", 1)[1] in listed
    for service in names.BRIDGED_SERVICES:
        assert service.rsplit("/", 1)[1] in page
