"""`ros2 bag record|info|play|reindex`, read with the rosbags library as well."""

from __future__ import annotations

import re
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from rclpy.serialization import deserialize_message
from ros2cli.commands.bag_info import date, file_size, seconds
from ros2cli.commands.bag_reindex import complete
from ros2cli.participant import participant, spin
from rosbags.interfaces import QosDurability, QosReliability
from rosbags.rosbag2 import Reader
from std_msgs.msg import String, UInt8MultiArray

# Far beyond what anything here needs on a busy machine [s].
TIMEOUT = 60.0
# A second of /chatter, at least half of it [bytes].
FIRST_SECOND = 1000

pytestmark = pytest.mark.usefixtures("robot")


def record(start, path: Path, *words: str, signum: int = signal.SIGINT) -> None:
    """Record until messages have reached the disk, which happens once a second."""
    with start("bag", "record", "-o", str(path), *words) as process:
        process.read_error_line("Recording...")
        while path.is_dir() and sum(f.stat().st_size for f in path.glob("*.mcap")) < FIRST_SECOND:
            time.sleep(0.02)
        result = process.end(signum)
    assert result.code == (-signum if signum == signal.SIGKILL else 0)


@pytest.fixture(scope="module")
def bag(robot: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from conftest import Process

    path = tmp_path_factory.mktemp("bags") / "lap"
    record(Process, path, "/chatter", "latched", "--topics", "/stamped")
    return path


def test_record_is_a_bag_for_rosbags(bag):
    with Reader(bag) as reader:
        assert {c.topic: c.msgtype for c in reader.connections} == {
            "/chatter": "std_msgs/msg/String",
            "/latched": "std_msgs/msg/UInt8MultiArray",
            "/stamped": "std_msgs/msg/Header",
        }
        messages = list(reader.messages())
    texts = [deserialize_message(d, String).data for c, _, d in messages if c.topic == "/chatter"]
    first = int(texts[0].split()[-1])
    assert texts == [f"hello {first + i}" for i in range(len(texts))]
    assert len(texts) > 5
    [latched] = [d for c, _, d in messages if c.topic == "/latched"]
    assert list(deserialize_message(latched, UInt8MultiArray).data) == list(range(200))
    stamps = [stamp for _, stamp, _ in messages]
    assert stamps == sorted(stamps)


def test_record_keeps_types_and_qos(bag, ros2):
    with Reader(bag) as reader:
        connections = {c.topic: c for c in reader.connections}
    offered = {topic: c.ext.offered_qos_profiles for topic, c in connections.items()}
    assert [qos.reliability for qos in offered["/stamped"]] == [QosReliability.BEST_EFFORT]
    assert [qos.durability for qos in offered["/latched"]] == [QosDurability.TRANSIENT_LOCAL]
    assert "int32 sec" in connections["/stamped"].msgdef.data
    # The hash that ROS itself computes for the type.
    assert connections["/chatter"].digest in ros2("topic", "info", "-v", "/chatter").out


def test_info(ros2, bag):
    lines = ros2("bag", "info", str(bag)).out.splitlines()
    with Reader(bag) as reader:
        counts = {c.topic: c.msgcount for c in reader.connections}
    assert lines[:2] == ["", "Files:             lap.mcap"]
    assert re.fullmatch(r"Bag size:          \d+\.\d KiB", lines[2])
    assert lines[3] == "Storage id:        mcap"
    assert re.fullmatch(r"Duration:          \d+\.\d{9}s", lines[5])
    stamp = r"\w{3} [ \d]\d \d{4} \d\d:\d\d:\d\d\.\d{9} \(\d+\.\d{9}\)"
    assert re.fullmatch(f"Start:             {stamp}", lines[6])
    assert re.fullmatch(f"End:               {stamp}", lines[7])
    assert lines[8] == f"Messages:          {sum(counts.values())}"
    types = {
        "/chatter": "std_msgs/msg/String",
        "/latched": "std_msgs/msg/UInt8MultiArray",
        "/stamped": "std_msgs/msg/Header",
    }
    described = [
        f"Topic: {topic} | Type: {name} | Count: {counts[topic]} | Serialization Format: cdr"
        for topic, name in types.items()
    ]
    assert "\n".join(lines[9:12]) == "Topic information: " + f"\n{' ' * 19}".join(described)
    assert ros2("bag", "info", "--topic-name", str(bag)).out == "/chatter\n/latched\n/stamped\n"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 2**20, "5.0 MiB")]
)
def test_file_size(size, text):
    assert file_size(size) == text


def test_times_have_nine_digits(monkeypatch):
    assert seconds(1_000_000_005) == "1.000000005"
    assert date(0).endswith(".000000000 (0.000000000)")


def test_play_publishes_what_was_recorded(start, bag):
    play = ["bag", "play", str(bag), "--loop", "--rate", "2", "--topics", "/chatter"]
    with (
        start("topic", "echo", "/again", "std_msgs/msg/String") as echo,
        start(*play, "--remap", "/chatter:=/again") as player,
    ):
        numbers = [int(echo.read_line("hello").split()[-1]) for _ in range(4)]
        assert player.end(signal.SIGINT).code == signal.SIGINT
    # At a seam of the loop the number falls back; else they follow each other.
    assert all(after == before + 1 or after < before for before, after in pairwise(numbers))


def test_play_loses_no_message_to_who_listens_already(start, bag):
    with Reader(bag) as reader:
        chatter = [c for c in reader.connections if c.topic == "/chatter"]
        recorded = [deserialize_message(d, String).data for _, _, d in reader.messages(chatter)]
    heard: list[str] = []
    play = ("bag", "play", str(bag), "--topics", "/chatter", "--remap", "/chatter:=/whole")
    with participant("listener") as node:
        node.create_subscription(String, "/whole", lambda msg: heard.append(msg.data), 100)
        with start(*play) as player:
            spin(node, until=lambda: recorded[-1] in heard, timeout=TIMEOUT)
            assert player.end().code == 0
    assert heard == recorded


def test_play_latches_what_was_latched(start, bag):
    qos = ("--qos-durability", "transient_local", "--qos-reliability", "reliable")
    echo_words = ("topic", "echo", "--once", "/late", "std_msgs/msg/UInt8MultiArray", "--csv")
    with (
        start(*echo_words, "-l", "3", *qos) as echo,
        start("bag", "play", str(bag), "-m", "/latched:=/late", "-l") as player,
    ):
        assert echo.read_line(",") == ",0,0,1,2,...\n"
        assert player.end(signal.SIGTERM).code == 128 + signal.SIGTERM


def test_play_ends_with_the_bag(ros2, bag):
    assert ros2("bag", "play", str(bag), "--rate", "20").code == 0


def test_play_publishes_the_clock_of_the_bag(start, bag):
    with (
        start("topic", "echo", "--once", "/clock", "rosgraph_msgs/msg/Clock") as echo,
        start("bag", "play", str(bag), "--clock", "100", "--loop"),
    ):
        clock = int(echo.read_line("sec:").split()[-1])
    with Reader(bag) as reader:
        assert reader.start_time // 10**9 <= clock <= reader.end_time // 10**9


def test_record_all_but_what_is_excluded(start, tmp_path):
    path = tmp_path / "all"
    record(start, path, "-a", "--exclude-regex", "chat", "--exclude-topics", "/rosout")
    with Reader(path) as reader:
        assert set(reader.topics) >= {"/stamped", "/latched"}
        assert not {"/chatter", "/rosout", "/_secret"} & set(reader.topics)


def test_record_sqlite_on_sigterm(ros2, start, tmp_path):
    path = tmp_path / "db"
    with start("bag", "record", "-e", "^/chat", "-s", "sqlite3", "-o", str(path)) as process:
        process.read_error_line("Recording...")
        # Once another process has heard a message, so has the recorder, which was there before.
        ros2("topic", "echo", "--once", "/chatter")
        assert process.end(signal.SIGTERM).code == 0
    with Reader(path) as reader:
        assert list(reader.topics) == ["/chatter"]
        assert reader.message_count > 0


def test_a_killed_recording_can_be_repaired(ros2, start, tmp_path):
    path = tmp_path / "cut"
    record(start, path, "/chatter", signum=signal.SIGKILL)
    told = ros2("bag", "info", str(path))
    assert told.code == 1
    assert f"Repair it with: ros2 bag reindex {path}" in told.err
    repaired = ros2("bag", "reindex", str(path))
    assert repaired.code == 0
    with Reader(path) as reader:
        assert repaired.out == f"Reindexing complete: {reader.message_count} messages\n"
        texts = [deserialize_message(data, String).data for _, _, data in reader.messages()]
        assert reader.connections[0].ext.offered_qos_profiles
    first = int(texts[0].split()[-1])
    assert len(texts) > 5
    assert texts == [f"hello {first + i}" for i in range(len(texts))]
    assert sorted(file.name for file in path.iterdir()) == ["cut.mcap", "metadata.yaml"]


def test_an_incomplete_record_at_the_end_is_dropped(bag, tmp_path):
    whole = (bag / "lap.mcap").read_bytes()
    path = tmp_path / "cut.mcap"
    # The index at the end is cut within a record; the messages lie before it.
    path.write_bytes(whole[:-100])
    complete(path)
    with Reader(bag) as expected, Reader(path) as reader:
        assert [m[1:] for m in reader.messages()] == [m[1:] for m in expected.messages()]


def test_reindex_refuses_what_is_no_bag(ros2, tmp_path):
    assert "is no bag folder with one .mcap file" in ros2("bag", "reindex", str(tmp_path)).err
    (tmp_path / "a.mcap").write_bytes(b"hello, world")
    assert "is no MCAP file" in ros2("bag", "reindex", str(tmp_path)).err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["record"], "Need to specify at least one option out of: topics, --all, --regex"),
        (["info", "nowhere"], "No bag found at 'nowhere'"),
        (["play", "nowhere"], "No bag found at 'nowhere'"),
    ],
)
def test_wrong_words(ros2, words, message):
    result = ros2("bag", *words)
    assert result.code == 1
    assert message in result.err


def test_record_never_overwrites(ros2, bag):
    result = ros2("bag", "record", "/chatter", "-o", str(bag))
    assert result.code == 1
    assert f"Cannot write bag '{bag}'" in result.err
    assert "exists already" in result.err


def test_play_refuses_a_malformed_remapping(ros2, bag):
    result = ros2("bag", "play", str(bag), "--remap", "/a=/b")
    assert (result.code, result.err) == (
        1,
        "malformed remapping '/a=/b', expected format '<old>:=<new>'\n",
    )


def test_a_bag_with_broken_metadata_is_named(ros2, tmp_path):
    (tmp_path / "metadata.yaml").write_text("rosbag2_bagfile_information: {}")
    result = ros2("bag", "info", str(tmp_path))
    assert result.code == 1
    assert f"Cannot read bag '{tmp_path}'" in result.err
