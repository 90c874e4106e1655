"""`ros2 topic hz|bw|delay`: statistics over a window of received messages, once a second."""

from __future__ import annotations

import argparse
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from rclpy.node import Node
from rclpy.time import Time

from ros2cli import qos
from ros2cli.arguments import add_topic_name
from ros2cli.command import CommandError, positive_int
from ros2cli.graph import add_discovery_arguments, discovered
from ros2cli.participant import spin
from ros2cli.topic_types import full_topic_name, wait_for_message_class

# Sizes of the windows of the full ROS 2 [messages].
_HZ_WINDOW, _BW_WINDOW, _DELAY_WINDOW = 10000, 100, 10000
_REPORT_PERIOD = 1.0
_NANOSECONDS = 1e9


def add_hz_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic hz`."""
    _add_arguments(parser, _HZ_WINDOW, "rate")
    parser.add_argument(
        "--wall-time",
        action="store_true",
        help="Calculates rate using wall time which can be helpful when clock is not published "
        "during simulation",
    )


def add_bw_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic bw`."""
    _add_arguments(parser, _BW_WINDOW, "bandwidth")


def add_delay_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic delay`."""
    _add_arguments(parser, _DELAY_WINDOW, "delay")


def _add_arguments(parser: argparse.ArgumentParser, window: int, what: str) -> None:
    add_discovery_arguments(parser)
    qos.add_qos_arguments(parser, "subscribe", "sensor_data")
    add_topic_name(parser, "listen to")
    parser.add_argument(
        "--window",
        "-w",
        metavar="WINDOW",
        type=positive_int,
        default=window,
        help=f"Window size, in # of messages, for calculating {what} (default: %(default)d)",
    )


def run_hz(args: argparse.Namespace) -> None:
    """Print how often messages arrive."""
    arrivals: deque[float] = deque(maxlen=args.window + 1)

    def receive(_msg: Any, node: Node) -> None:
        now = time.monotonic() if args.wall_time else node.get_clock().now().nanoseconds * 1e-9
        if arrivals and now < arrivals[-1]:
            print("time has reset, resetting counters")
            arrivals.clear()
        arrivals.append(now)

    def report() -> str | None:
        periods = [after - before for before, after in zip(arrivals, list(arrivals)[1:])]
        if not periods:
            return None
        mean = statistics.fmean(periods)
        rate = 1.0 / mean if mean > 0.0 else 0.0
        return f"average rate: {rate:.3f}\n\t{_spread(periods)}"

    _measure(args, receive, report, raw=True)


def _spread(values: Sequence[float]) -> str:
    deviation = statistics.pstdev(values)
    return (
        f"min: {min(values):.3f}s max: {max(values):.3f}s std dev: {deviation:.5f}s "
        f"window: {len(values)}"
    )


def run_bw(args: argparse.Namespace) -> None:
    """Print how many bytes arrive."""
    received: deque[tuple[float, int]] = deque(maxlen=args.window)

    def receive(data: bytes, _node: Node) -> None:
        received.append((time.monotonic(), len(data)))

    def report() -> str | None:
        if len(received) < 2:
            return None
        sizes = [size for _, size in received]
        return bandwidth_text(sizes, time.monotonic() - received[0][0])

    _measure(args, receive, report, raw=True, announce=True)


def bandwidth_text(sizes: Sequence[int], duration: float) -> str:
    """The report of `ros2 topic bw`.

    Args:
        sizes: of the messages [bytes].
        duration: in which they arrived [s].
    """
    rate = sum(sizes) / duration
    divisor, digits, unit = (
        (1, 0, "B") if rate < 1e3 else (1e3, 2, "KB") if rate < 1e6 else (1e6, 2, "MB")
    )

    def text(value: float) -> str:
        return f"{value / divisor:.{digits}f} {unit}"

    return (
        f"{text(rate)}/s from {len(sizes)} messages\n\tMessage size mean: "
        f"{text(statistics.fmean(sizes))} min: {text(min(sizes))} max: {text(max(sizes))}"
    )


def run_delay(args: argparse.Namespace) -> None:
    """Print how long after their header stamp messages arrive.

    Raises:
        CommandError: the messages have no header.
    """
    delays: deque[float] = deque(maxlen=args.window)

    def receive(msg: Any, node: Node) -> None:
        if not hasattr(msg, "header"):
            raise CommandError("msg does not have header")
        delays.append(
            (node.get_clock().now() - Time.from_msg(msg.header.stamp)).nanoseconds / _NANOSECONDS
        )

    def report() -> str | None:
        if not delays:
            return None
        return f"average delay: {statistics.fmean(delays):.3f}\n\t{_spread(delays)}"

    _measure(args, receive, report, raw=False)


def _measure(
    args: argparse.Namespace,
    receive: Callable[[Any, Node], None],
    report: Callable[[], str | None],
    *,
    raw: bool,
    announce: bool = False,
) -> None:
    """Feed messages to `receive` and print `report` once a second while new ones arrive."""
    topic = full_topic_name(args.topic_name)
    with discovered(args, for_data=True) as graph:
        message = wait_for_message_class(graph, topic)
        node = graph.best(lambda scout: scout.count_publishers(topic))
        count = reported = 0

        def on_message(msg: Any) -> None:
            nonlocal count
            count += 1
            receive(msg, node)

        profile = qos.for_subscription(args, topic, graph.publishers(topic))
        node.create_subscription(message, topic, on_message, profile, raw=raw)
        if announce:
            print(f"Subscribed to [{topic}]")
        while True:
            spin(node, timeout=_REPORT_PERIOD)
            if count > reported and (text := report()) is not None:
                print(text)
            reported = count
