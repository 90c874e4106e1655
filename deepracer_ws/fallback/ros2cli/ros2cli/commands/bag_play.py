"""`ros2 bag play`: publish the messages of a bag with the timing of their recording."""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rosbags.interfaces import Connection, ConnectionExtRosbag2, QosDurability, QosReliability
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock

from ros2cli.bag import NANOSECONDS, open_bag
from ros2cli.command import CommandError, positive_float
from ros2cli.graph import wait_for_discovery
from ros2cli.interfaces import get_message
from ros2cli.participant import ending_on_sigterm, participant, spin

_CLOCK_RATE = 40.0
_QUEUE_DEPTH = 100
# A reliable publisher has to live until its last messages are acknowledged [s].
_ACKNOWLEDGE_TIMEOUT = 1.0

# A message: its topic, stamp [ns] and bytes.
_Message = tuple[str, int, bytes]


def add_play_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 bag play`."""
    parser.add_argument("bag_path", type=Path, help="Bag to open")
    parser.add_argument(
        "-r",
        "--rate",
        type=positive_float,
        default=1.0,
        help="Rate at which to play back messages (default: 1.0)",
    )
    parser.add_argument(
        "--topics", nargs="+", default=[], help="Topics to replay (default: all topics)"
    )
    parser.add_argument(
        "-l", "--loop", action="store_true", help="Enables loop playback when playing a bagfile"
    )
    parser.add_argument(
        "-d", "--delay", type=positive_float, default=0.0, help="Sleep SEC seconds before play"
    )
    parser.add_argument(
        "--start-offset",
        type=float,
        default=0.0,
        help="Start the playback player this many seconds into the bag file",
    )
    parser.add_argument(
        "--clock",
        type=positive_float,
        nargs="?",
        const=_CLOCK_RATE,
        help="Publish to /clock at a specific frequency in Hz, to act as a ROS Time Source "
        "(default without a value: %(const)s)",
    )
    parser.add_argument(
        "-m",
        "--remap",
        nargs="+",
        default=[],
        metavar="OLD:=NEW",
        help="List of topics to be remapped: in the form old_topic1:=new_topic1",
    )


def run_play(args: argparse.Namespace) -> None:
    """Play a bag to its end, or until Ctrl-C with `--loop`.

    Raises:
        CommandError: no such bag, an unknown type, a malformed remapping.
    """
    remap = _parse_remap(args.remap)
    with ExitStack() as stack:
        stack.enter_context(ending_on_sigterm())
        reader = stack.enter_context(open_bag(args.bag_path))
        node = stack.enter_context(participant("rosbag2_player"))
        connections = [c for c in reader.connections if not args.topics or c.topic in args.topics]
        publishers = {
            c.topic: node.create_publisher(
                get_message(c.msgtype), remap.get(c.topic, c.topic), _offered_qos(c)
            )
            for c in connections
        }
        if not publishers:
            return
        clock = node.create_publisher(Clock, "/clock", 1) if args.clock else None
        wait_for_discovery(node)
        if args.delay:
            spin(node, timeout=args.delay)
        get_logger("rosbag2_player").info(f"Playing {args.bag_path} at rate {args.rate:g}")
        for _ in itertools.count() if args.loop else range(1):
            messages = _messages(reader, connections, args.start_offset)
            _play_once(args, node, publishers, clock, messages)
        for publisher in publishers.values():
            _wait_for_acknowledgement(publisher)


def _parse_remap(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        old, separator, new = word.partition(":=")
        if not (old and separator and new):
            raise CommandError(f"malformed remapping '{word}', expected format '<old>:=<new>'")
        pairs[old] = new
    return pairs


def _offered_qos(connection: Connection) -> QoSProfile:
    """The profile that serves every subscription which the recorded publishers served."""
    profile = QoSProfile(depth=_QUEUE_DEPTH)
    assert isinstance(connection.ext, ConnectionExtRosbag2)
    offered = connection.ext.offered_qos_profiles
    if any(qos.reliability == QosReliability.BEST_EFFORT for qos in offered):
        profile.reliability = QoSReliabilityPolicy.BEST_EFFORT
    if offered and all(qos.durability == QosDurability.TRANSIENT_LOCAL for qos in offered):
        profile.durability = QoSDurabilityPolicy.TRANSIENT_LOCAL
    return profile


def _messages(reader: Reader, connections: list[Connection], offset: float) -> Iterator[_Message]:
    start = reader.start_time + int(offset * NANOSECONDS)
    for connection, stamp, data in reader.messages(connections, start=start):
        yield connection.topic, stamp, data


def _play_once(
    args: argparse.Namespace,
    node: Node,
    publishers: dict[str, Publisher],
    clock: Publisher | None,
    messages: Iterator[_Message],
) -> None:
    first = next(messages, None)
    if first is None:
        return
    _, bag_start, _ = first
    wall_start = time.monotonic()

    def bag_time() -> int:
        return bag_start + int((time.monotonic() - wall_start) * args.rate * NANOSECONDS)

    with ExitStack() as stack:
        if clock is not None:
            timer = _publish_clock(node, clock, args.clock, bag_time)
            stack.callback(node.destroy_timer, timer)
        for topic, stamp, data in itertools.chain([first], messages):
            wait = (stamp - bag_time()) / (NANOSECONDS * args.rate)
            if wait > 0:
                spin(node, timeout=wait)
            publishers[topic].publish(data)


def _publish_clock(
    node: Node, publisher: Publisher, rate: float, bag_time: Callable[[], int]
) -> Any:
    def tick() -> None:
        msg = Clock()
        msg.clock.sec, msg.clock.nanosec = divmod(bag_time(), NANOSECONDS)
        publisher.publish(msg)

    tick()
    return node.create_timer(1.0 / rate, tick)


def _wait_for_acknowledgement(publisher: Publisher) -> None:
    from rclpy.duration import Duration

    publisher.wait_for_all_acked(Duration(seconds=_ACKNOWLEDGE_TIMEOUT))
