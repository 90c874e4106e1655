"""Verbs that look at the graph and call services, against the node of robot.py."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ros2cli.graph import Graph, local_participants

NODE = "/garage/robot"
pytestmark = pytest.mark.usefixtures("robot")


def test_topic_list(ros2):
    result = ros2("topic", "list")
    assert result.code == 0
    assert result.out == (
        "/chatter\n/garage/robot/transition_event\n/latched\n/orders\n/parameter_events\n/rosout\n"
        "/stamped\n"
    )


def test_topic_list_with_types_and_hidden_ones(ros2):
    lines = ros2("topic", "list", "-t", "--include-hidden-topics").out.splitlines()
    assert "/_secret [std_msgs/msg/String]" in lines
    assert "/stamped [std_msgs/msg/Header]" in lines


def test_topic_list_details(ros2):
    published, subscribed = ros2("topic", "list", "-v").out.split("\n\n")[:2]
    assert published.startswith(
        "Published topics:\n * /chatter [std_msgs/msg/String] 1 publisher\n"
    )
    assert subscribed == "Subscribed topics:\n * /orders [std_msgs/msg/String] 1 subscriber"


def test_topic_info(ros2):
    assert ros2("topic", "info", "/chatter").out == (
        "Type: std_msgs/msg/String\nPublisher count: 1\nSubscription count: 0\n"
    )


def test_topic_info_verbose(ros2):
    parts = ros2("topic", "info", "/stamped", "--verbose").out.split("\n\n")
    assert parts[:2] == ["Type: std_msgs/msg/Header", "Publisher count: 1"]
    assert parts[2].startswith(
        "Node name: robot\nNode namespace: /garage\nTopic type: std_msgs/msg/Header\n"
        "Topic type hash: RIHS01_"
    )
    assert "Endpoint type: PUBLISHER\n" in parts[2]
    assert "QoS profile:\n  Reliability: BEST_EFFORT\n" in parts[2]
    assert parts[3:] == ["Subscription count: 0", ""]


def test_unknown_topic(ros2):
    result = ros2("topic", "info", "/nothing")
    assert (result.code, result.out, result.err) == (1, "", "Unknown topic '/nothing'\n")
    result = ros2("topic", "type", "/nothing")
    assert (result.code, result.out, result.err) == (1, "", "")


def test_topic_type_and_find(ros2):
    assert ros2("topic", "type", "/chatter").out == "std_msgs/msg/String\n"
    assert ros2("topic", "find", "std_msgs/msg/String").out == "/chatter\n/orders\n"
    assert ros2("topic", "find", "std_msgs/msg/String", "-c").out == "2\n"


def test_node_list(ros2):
    assert ros2("node", "list").out == f"{NODE}\n"
    assert ros2("node", "list", "--count").out == "1\n"


def test_node_info(ros2):
    lines = ros2("node", "info", NODE).out.splitlines()
    assert lines[:5] == [
        NODE,
        "  Subscribers:",
        "    /orders: std_msgs/msg/String",
        "  Publishers:",
        "    /chatter: std_msgs/msg/String",
    ]
    assert "  Service Servers:" in lines
    assert "    /enable: std_srvs/srv/SetBool" in lines
    assert lines[-6:] == [
        "  Service Clients:",
        "",
        "  Action Servers:",
        "",
        "  Action Clients:",
        "",
    ]


def test_unknown_node(ros2):
    assert ros2("node", "info", "/nobody").err == "Unable to find node '/nobody'\n"
    for words in (
        ["param", "list", "/nobody"],
        ["param", "get", "/nobody", "gain"],
        ["lifecycle", "get", "/nobody"],
    ):
        result = ros2(*words)
        assert (result.code, result.err) == (1, "Node not found\n")


def test_service_list_type_and_find(ros2):
    names = ros2("service", "list").out.splitlines()
    assert names == sorted(names)
    assert names[0] == "/enable"
    assert "/enable [std_srvs/srv/SetBool]" in ros2("service", "list", "-t").out.splitlines()
    assert ros2("service", "type", "/enable").out == "std_srvs/srv/SetBool\n"
    assert ros2("service", "find", "std_srvs/srv/SetBool").out == "/enable\n"
    assert ros2("service", "type", "/disable").code == 1


def test_service_call(ros2):
    result = ros2("service", "call", "/enable", "std_srvs/srv/SetBool", "{data: true}")
    assert result.code == 0
    assert result.out.endswith(
        "requester: making request: std_srvs.srv.SetBool_Request(data=True)\n\n"
        "response:\nstd_srvs.srv.SetBool_Response(success=True, message='on')\n\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["std_srvs/srv/Nothing"], "The passed service type is invalid: 'std_srvs/srv/Nothing'"),
        (["std_srvs/srv/SetBool", "{speed: 1}"], "Failed to populate field"),
        (["std_srvs/srv/SetBool", "[1]"], "The passed value needs to be a dictionary"),
    ],
)
def test_service_call_refuses_what_does_not_fit(ros2, words, message):
    result = ros2("service", "call", "/enable", *words)
    assert result.code == 1
    assert message in result.err


def test_service_call_waits_for_the_service(start):
    with start("service", "call", "/missing", "std_srvs/srv/SetBool") as process:
        assert process.read_line("") == "waiting for service to become available...\n"
        assert process.end(signal.SIGINT).code == signal.SIGINT


def test_param_list(ros2):
    names = [
        "camera.name",
        "gain",
        "lap",
        "order",
        "ports",
        "start_type_description_service",
        "use_sim_time",
    ]
    indented = "".join(f"  {name}\n" for name in names)
    assert ros2("param", "list", NODE).out == indented
    assert ros2("param", "list").out == f"{NODE}:\n{indented}"
    assert ros2("param", "list", NODE, "--param-prefixes", "camera").out == "  camera.name\n"
    assert "  gain (type: double)\n" in ros2("param", "list", NODE, "--param-type").out


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("gain", "Double value is: 0.5"),
        ("camera.name", "String value is: front"),
        ("ports", "Integer values are: array('q', [1, 2])"),
        ("use_sim_time", "Boolean value is: False"),
    ],
)
def test_param_get(ros2, name, line):
    assert ros2("param", "get", NODE, name).out == f"{line}\n"


def test_param_get_without_type_and_undeclared(ros2):
    assert ros2("param", "get", "garage/robot", "gain", "--hide-type").out == "0.5\n"
    result = ros2("param", "get", NODE, "nothing")
    assert (result.code, result.err) == (1, "Parameter not set\n")


def test_param_set(ros2):
    assert ros2("param", "set", NODE, "lap", "4").out == "Set parameter successful\n"
    assert ros2("param", "get", NODE, "lap").out == "Integer value is: 4\n"
    ros2("param", "set", NODE, "lap", "3")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("lap", "-1", "a lap is not negative"),
        ("lap", "fast", "Wrong parameter type"),
        ("camera.name", "rear", "read-only"),
        ("gain", "2.0", "range"),
    ],
)
def test_param_set_refused(ros2, name, value, reason):
    result = ros2("param", "set", NODE, name, value)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("Setting parameter failed: ")
    assert reason in result.err


def test_param_describe(ros2):
    assert ros2("param", "describe", NODE, "gain", "camera.name").out == (
        "Parameter name: gain\n  Type: double\n  Description: Steering gain\n  Constraints:\n"
        "    Min value: 0.0\n    Max value: 1.0\n"
        "Parameter name: camera.name\n  Type: string\n  Constraints:\n    Read only: true\n"
    )


def test_param_dump_can_be_loaded(ros2, tmp_path: Path):
    dumped = ros2("param", "dump", NODE).out
    assert dumped.startswith(
        f"{NODE}:\n  ros__parameters:\n    camera:\n      name: front\n    gain: 0.5\n"
    )
    path = tmp_path / "robot.yaml"
    path.write_text(f"{NODE}:\n  ros__parameters:\n    gain: 0.25\n    lap: -1\n")
    result = ros2("param", "load", NODE, str(path))
    assert result.code == 1
    assert result.out == "Set parameter gain successful\n"
    assert result.err == "Set parameter lap failed: a lap is not negative\n"
    path.write_text(dumped.replace("      name: front\n", "      {}\n").replace("camera:", "rest:"))
    ros2("param", "set", NODE, "gain", "0.5")


def test_param_load_a_missing_file(ros2, tmp_path: Path):
    result = ros2("param", "load", NODE, str(tmp_path / "no.yaml"))
    assert result.code == 1
    assert result.err.startswith(f"Cannot load {tmp_path}/no.yaml")


def test_lifecycle(ros2):
    assert ros2("lifecycle", "nodes").out == f"{NODE}\n"
    assert ros2("lifecycle", "get", NODE).out == "unconfigured [1]\n"
    assert ros2("lifecycle", "get").out == f"{NODE}: unconfigured [1]\n"
    assert ros2("lifecycle", "list", NODE).out == (
        "- configure [1]\n\tStart: unconfigured\n\tGoal: configuring\n"
        "- shutdown [5]\n\tStart: unconfigured\n\tGoal: shuttingdown\n"
    )
    unknown = ros2("lifecycle", "set", NODE, "fly")
    assert (unknown.code, unknown.err) == (
        1,
        "Unknown transition requested, available ones are:\n- configure [1]\n- shutdown [5]\n",
    )
    assert ros2("lifecycle", "set", NODE, "configure").out == "Transitioning successful\n"
    failed = ros2("lifecycle", "set", NODE, "3")
    assert (failed.code, failed.err) == (1, "Transitioning failed\n")
    assert ros2("lifecycle", "get", NODE).out == "inactive [2]\n"
    assert len(ros2("lifecycle", "list", NODE, "--all").out.splitlines()) > 30


def test_every_node_of_this_machine_is_found_each_time(ros2):
    """Discovery of Fast DDS often takes seconds for one of several participants."""
    program = (
        "import sys, rclpy; rclpy.init(); node = rclpy.create_node(sys.argv[1]);"
        "print('ready', flush=True); sys.stdin.read()"
    )
    names = ["camera", "servo", "track"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for _ in range(3):
            assert ros2("node", "list").out.split() == ["/camera", NODE, "/servo", "/track"]
    finally:
        for process in processes:
            process.communicate("")


def test_local_participants_counts_discovery_ports(tmp_path: Path):
    table = tmp_path / "udp"
    ports = [7400, 7409, 7410, 7411, 7412, 7412, 7648, 7650, 7660, 53]
    table.write_text(
        "  sl  local_address rem_address\n"
        + "".join(f"   1: 0100007F:{port:04X} 00000000:0000 07\n" for port in ports)
    )
    # Domain 0: 7410, 7412 (twice: two addresses) and 7648, the 120th; domain 1 begins at 7660.
    assert local_participants(0, table) == 3
    assert local_participants(1, table) == 1
    assert local_participants(2, table) == 0


class FakeScout:
    """A scout that sees a part of the graph."""

    def __init__(self, topics: dict[str, list[str]], nodes: list[str]) -> None:
        self._topics, self._nodes = topics, nodes

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        return list(self._topics.items())

    def get_node_names_and_namespaces(self) -> list[tuple[str, str]]:
        return [(name, "/") for name in self._nodes]


def test_graph_is_the_union_of_what_the_scouts_see():
    graph = Graph(
        [
            FakeScout({"/b": ["T"], "/a": ["T"]}, ["twin", "twin", "x"]),
            FakeScout({"/a": ["S"], "/_h": ["T"]}, ["twin", "_hidden"]),
        ],
        "_own",
    )
    assert graph.topics() == {"/a": ["S", "T"], "/b": ["T"]}
    assert list(graph.topics(include_hidden=True)) == ["/_h", "/a", "/b"]
    assert graph.nodes() == ["/twin", "/twin", "/x"]
    assert graph.nodes(include_hidden=True) == ["/_hidden", "/twin", "/twin", "/x"]
