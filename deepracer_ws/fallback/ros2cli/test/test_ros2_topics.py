"""`ros2 topic echo|pub|hz|bw|delay` against the node of robot.py."""

from __future__ import annotations

import re
import signal

import pytest
from ros2cli.commands.topic_rate import bandwidth_text

pytestmark = pytest.mark.usefixtures("robot")


def test_echo_once(ros2):
    result = ros2("topic", "echo", "--once", "chatter")
    assert result.code == 0
    assert re.fullmatch(r"data: hello \d+\n---\n", result.out)


def test_echo_best_effort_topic(ros2):
    result = ros2("topic", "echo", "--once", "/stamped", "--flow-style")
    assert re.fullmatch(r"\{stamp: \{sec: \d+, nanosec: \d+\}, frame_id: map\}\n---\n", result.out)


def test_echo_gets_latched_messages_and_abbreviates_them(ros2):
    result = ros2("topic", "echo", "--once", "/latched")
    lines = result.out.splitlines()
    assert lines[:4] == ["layout:", "  dim: []", "  data_offset: 0", "data:"]
    assert lines[4:] == [*(f"- {i}" for i in range(128)), "- '...'", "---"]
    full = ros2("topic", "echo", "--once", "/latched", "--full-length", "--csv").out
    assert full == f",0,{','.join(map(str, range(200)))}\n"


def test_echo_field(ros2):
    assert re.fullmatch(
        r"\d+\n---\n", ros2("topic", "echo", "--once", "/stamped", "--field", "stamp.sec").out
    )
    result = ros2("topic", "echo", "--once", "/stamped", "--field", "stamp.hour")
    assert result.code == 1
    assert result.err.startswith("Invalid field 'stamp.hour'")


def test_echo_until_interrupted(start):
    with start("topic", "echo", "/chatter") as process:
        numbers = [int(process.read_line("hello").split()[-1]) for _ in range(3)]
        assert numbers == list(range(numbers[0], numbers[0] + 3))
        result = process.end(signal.SIGINT)
    assert (result.code, result.err) == (signal.SIGINT, "")


def test_echo_ends_on_sigterm(start):
    with start("topic", "echo", "/chatter") as process:
        process.read_line("hello")
        assert process.end(signal.SIGTERM).code == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("words", "out", "err"),
    [
        (
            ["/nothing"],
            "WARNING: topic [/nothing] does not appear to be published yet\n",
            "Could not determine the type for the passed topic\n",
        ),
        (["/chatter", "std_msgs/msg/Nothing"], "", "The passed message type is invalid"),
        (["/1chatter"], "", "topic name '/1chatter' is invalid"),
    ],
)
def test_echo_refuses(ros2, words, out, err):
    result = ros2("topic", "echo", *words)
    assert (result.code, result.out) == (1, out)
    assert result.err.startswith(err)


def test_pub_once_reaches_the_subscription(ros2):
    result = ros2("topic", "pub", "--once", "/orders", "std_msgs/msg/String", "{data: left}")
    assert result.code == 0
    assert result.out.endswith(
        "publisher: beginning loop\npublishing #1: std_msgs.msg.String(data='left')\n\n"
    )
    assert ros2("param", "get", "/garage/robot", "order").out == "String value is: left\n"


def test_pub_a_number_of_times(ros2):
    result = ros2(
        "topic",
        "pub",
        "-t",
        "3",
        "-r",
        "50",
        "-p",
        "2",
        "/orders",
        "std_msgs/msg/String",
        "data: x",
    )
    assert result.out.count("publishing #2: std_msgs.msg.String(data='x')\n\n") == 1
    assert result.out.count("publishing #") == 1


def test_pub_waits_for_subscriptions(ros2):
    result = ros2(
        *("topic", "pub", "--once", "-w", "2", "--max-wait-time-secs", "0.2"),
        *("/orders", "std_msgs/msg/String"),
    )
    assert result.code == 1
    assert result.out == "Waiting for at least 2 matching subscription(s)...\n"
    assert result.err.startswith("Timed out waiting for subscribers: expected 2 subscribers")


def test_pub_with_a_node_name_of_its_own(ros2, start):
    words = ["topic", "pub", "-n", "boss", "/orders", "std_msgs/msg/String", "{data: right}"]
    with start(*words) as publisher:
        publisher.read_line("publishing #1")
        assert "/boss" in ros2("node", "list").out.split()
        assert publisher.end(signal.SIGTERM).code == 128 + signal.SIGTERM


def test_what_is_published_is_echoed(start):
    words = ["topic", "pub", "-r", "20", "/fresh", "std_msgs/msg/Header", "{stamp: now}"]
    with start(*words) as publisher:
        publisher.read_line("publishing #1")
        with start("topic", "echo", "/fresh", "--once", "--qos-reliability", "reliable") as echo:
            assert echo.read_line("sec:") != "  sec: 0\n"
            assert echo.end().code == 0
        assert publisher.end(signal.SIGINT).code == signal.SIGINT


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["std_msgs/msg/Nothing"], "The passed message type is invalid"),
        (["std_msgs/msg/String", "{data"], "The passed value is not valid YAML"),
        (["std_msgs/msg/String", "hello"], "The passed value needs to be a dictionary"),
        (["std_msgs/msg/String", "{speed: 1}"], "Failed to populate field: "),
    ],
)
def test_pub_refuses_at_once(ros2, words, message):
    result = ros2("topic", "pub", "/orders", *words)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(message)


def test_hz(start):
    with start("topic", "hz", "/chatter") as process:
        rate = float(re.fullmatch(r"average rate: (\d+\.\d{3})\n", process.read_line("rate"))[1])
        assert re.fullmatch(
            r"\tmin: \d\.\d{3}s max: \d\.\d{3}s std dev: \d\.\d{5}s window: \d+\n",
            process.read_line("min"),
        )
    assert 0 < rate < 40


def test_bw_of_a_stream(start):
    with start("topic", "bw", "/chatter") as process:
        assert re.fullmatch(r"\d+ B/s from \d+ messages\n", process.read_line("from"))
        assert re.fullmatch(
            r"\tMessage size mean: \d+ B min: \d+ B max: \d+ B\n", process.read_line("mean")
        )


@pytest.mark.parametrize(
    ("sizes", "duration", "expected"),
    [
        ([10, 20], 1.0, "30 B/s from 2 messages\n\tMessage size mean: 15 B min: 10 B max: 20 B"),
        (
            [1000, 500],
            1.0,
            "1.50 KB/s from 2 messages\n\tMessage size mean: 0.75 KB min: 0.50 KB max: 1.00 KB",
        ),
        (
            [2_000_000, 4_000_000],
            2.0,
            "3.00 MB/s from 2 messages\n\tMessage size mean: 3.00 MB min: 2.00 MB max: 4.00 MB",
        ),
    ],
)
def test_bandwidth_is_in_the_unit_that_fits(sizes, duration, expected):
    assert bandwidth_text(sizes, duration) == expected


def test_delay_needs_a_header(ros2):
    result = ros2("topic", "delay", "/chatter")
    assert (result.code, result.err) == (1, "msg does not have header\n")


def test_hz_waits_for_the_topic(start):
    with start("topic", "hz", "/later") as process:
        warning = "WARNING: topic [/later] does not appear to be published yet\n"
        assert process.read_line("") == warning
        words = ["topic", "pub", "-r", "50", "/later", "std_msgs/msg/Header", "{stamp: now}"]
        with start(*words):
            process.read_line("average rate")
