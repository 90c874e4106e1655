"""`ros2 bag record`: write messages as they arrive, undecoded, to an MCAP bag.

The bag is complete when the command ends by Ctrl-C or SIGTERM. After SIGKILL or a power cut the
file lacks its end: `ros2 bag reindex` then brings back all but the last second.
"""

from __future__ import annotations

import argparse
import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from rclpy.executors import SingleThreadedExecutor
from rclpy.logging import get_logger
from rclpy.qos import QoSProfile
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.rosbag2.storage_mcap import McapWriter

from ros2cli import completion
from ros2cli.bag import BAG_VERSION, empty_store, register_message, to_bag_qos
from ros2cli.command import CommandError, positive_int
from ros2cli.graph import DEFAULT_SPIN_TIME, Graph, discovered
from ros2cli.interfaces import get_message
from ros2cli.qos import match_publishers
from ros2cli.topic_types import full_topic_name

_STORAGES = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}
# Messages that wait while definitions are read, or while a busy machine does something else.
_QUEUE_DEPTH = 2000
# How long a signal may have to wait for an answer [s].
_SIGNAL_LATENCY = 0.1
# What a kill can lose at most [s].
_FLUSH_PERIOD = 1.0


def add_record_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 bag record`."""
    parser.set_defaults(spin_time=DEFAULT_SPIN_TIME, use_sim_time=False)
    completion.offer(
        parser.add_argument(
            "topics_positional", nargs="*", metavar="topic", help="Topics to record"
        ),
        completion.topics,
    )
    parser.add_argument("--topics", nargs="+", default=[], metavar="Topic", help="Topics to record")
    parser.add_argument(
        "-a", "--all", "--all-topics", action="store_true", help="Record all topics"
    )
    parser.add_argument(
        "-e", "--regex", type=re.compile, help="Record only topics matching this expression"
    )
    parser.add_argument(
        "--exclude-regex", type=re.compile, help="Exclude topics matching this expression"
    )
    parser.add_argument(
        "--exclude-topics", nargs="+", default=[], metavar="Topic", help="Topics not to record"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="Destination of the bag file to create, defaults to a timestamped folder in the "
        "current directory",
    )
    parser.add_argument(
        "-s",
        "--storage",
        choices=_STORAGES,
        default="mcap",
        help="Storage identifier to be used (default: %(default)s)",
    )
    parser.add_argument(
        "--include-hidden-topics", action="store_true", help="Discover and record hidden topics"
    )
    parser.add_argument(
        "--no-discovery",
        action="store_true",
        help="Disables topic auto discovery during recording: only topics present at startup will "
        "be recorded",
    )
    parser.add_argument(
        "-p",
        "--polling-interval",
        type=positive_int,
        default=100,
        metavar="MS",
        help="Time in ms to wait between querying available topics for recording "
        "(default: %(default)s)",
    )


def run_record(args: argparse.Namespace) -> None:
    """Record until Ctrl-C.

    Raises:
        CommandError: nothing to record was named, the bag exists or cannot be written.
    """
    topics = {full_topic_name(name) for name in [*args.topics_positional, *args.topics]}
    if not (topics or args.all or args.regex):
        raise CommandError("Need to specify at least one option out of: topics, --all, --regex")
    path = args.output or Path(f"rosbag2_{datetime.now():%Y_%m_%d-%H_%M_%S}")
    try:
        with (
            discovered(args, for_data=True) as graph,
            Writer(path, version=BAG_VERSION, storage_plugin=_STORAGES[args.storage]) as writer,
        ):
            recorder = _Recorder(graph, writer, args, topics)
            try:
                recorder.run()
            except (KeyboardInterrupt, SystemExit):
                # Leave the blocks normally: only then the writer completes the bag.
                recorder.report_end()
    except (WriterError, OSError) as error:
        raise CommandError(f"Cannot write bag '{path}': {error}") from None


class _Recorder:
    """Subscribes to wanted topics as they appear, and writes what arrives."""

    def __init__(
        self, graph: Graph, writer: Writer, args: argparse.Namespace, topics: set[str]
    ) -> None:
        self._graph = graph
        self._writer = writer
        self._args = args
        self._topics = topics
        self._node = graph.best(lambda scout: sum(map(scout.count_publishers, self._wanted())))
        self._store = empty_store()
        self._seen: set[str] = set()
        self._written = 0
        # The name that the log of the full ROS 2 has.
        self._logger = get_logger("rosbag2_recorder")

    def run(self) -> None:
        """Subscribe, receive, subscribe to what is new, until a signal."""
        self._subscribe_to_new()
        self._logger.info("Recording...")
        # One executor for all: it serves the topics in turn, and a new one would begin with the
        # first again. On a busy machine the last ones would never be served.
        executor = SingleThreadedExecutor(context=self._node.context)
        executor.add_node(self._node)
        polled = flushed = time.monotonic()
        while True:
            executor.spin_once(timeout_sec=_SIGNAL_LATENCY)
            now = time.monotonic()
            if now - polled >= self._args.polling_interval * 1e-3 and not self._args.no_discovery:
                self._subscribe_to_new()
                polled = time.monotonic()
            if now - flushed >= _FLUSH_PERIOD:
                flush(self._writer)
                flushed = now

    def report_end(self) -> None:
        """Say what was recorded."""
        self._logger.info(f"Recording stopped: {self._written} messages")

    def _wanted(self) -> list[str]:
        args = self._args
        return [
            name
            for name in self._graph.topics(include_hidden=args.include_hidden_topics)
            if (args.all or name in self._topics or (args.regex and args.regex.search(name)))
            and name not in args.exclude_topics
            and not (args.exclude_regex and args.exclude_regex.search(name))
        ]

    def _subscribe_to_new(self) -> None:
        types = self._graph.topics(include_hidden=True)
        # Without a publisher there is neither a QoS to match nor a message to record.
        new = [
            topic
            for topic in self._wanted()
            if topic not in self._seen and self._graph.publishers(topic)
        ]
        self._seen.update(new)
        # Definitions take a while: all are read before the first message may come.
        messages = {topic: self._define(topic, types[topic]) for topic in new}
        for topic, message in messages.items():
            if message is not None:
                self._subscribe(topic, types[topic], message)

    def _define(self, topic: str, types: list[str]) -> Any:
        """The class of the topic's messages, with its definition in the store; or None."""
        try:
            if len(types) > 1:
                raise CommandError(f"it has several types: {', '.join(types)}")
            message = get_message(types[0])
            register_message(self._store, types[0])
        except CommandError as error:
            self._logger.warning(f"Topic '{topic}' is not recorded: {error}")
            return None
        return message

    def _subscribe(self, topic: str, types: list[str], message: Any) -> None:
        publishers = self._graph.publishers(topic)
        profile = QoSProfile(depth=_QUEUE_DEPTH)
        for warning in match_publishers(profile, topic, publishers):
            self._logger.warning(warning)
        connection = self._writer.add_connection(
            topic,
            types[0],
            typestore=self._store,
            offered_qos_profiles=[to_bag_qos(info.qos_profile) for info in publishers],
        )

        def write(data: bytes) -> None:
            self._writer.write(connection, time.time_ns(), data)
            self._written += 1

        self._node.create_subscription(message, topic, write, profile, raw=True)
        self._logger.info(f"Subscribed to topic '{topic}'")


def flush(writer: Writer) -> None:
    """Bring to disk what has been written so far.

    rosbags collects 1 MiB in memory before it writes a chunk; small messages could take hours.
    """
    storage: Any = writer.storage
    if isinstance(storage, McapWriter) and storage.chunk.msgs:
        storage.close_chunk()
        cast(Any, storage.bio).flush()
