"""`ros2 topic pub`: publish a message from the terminal, once or repeatedly."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher

from ros2cli import qos
from ros2cli.arguments import add_message_type, add_topic_name
from ros2cli.command import CommandError, positive_float, unsigned_int
from ros2cli.graph import add_discovery_arguments, discovered
from ros2cli.interfaces import StampSetter, fill_message, get_message
from ros2cli.participant import ending_on_sigterm, participant, spin
from ros2cli.topic_types import full_topic_name


def add_pub_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic pub`."""
    add_discovery_arguments(parser)
    add_topic_name(parser, "publish to")
    add_message_type(parser)
    parser.add_argument(
        "values",
        nargs="?",
        default="{}",
        help='Values to fill the message with in YAML format (e.g. "data: Hello World"), '
        "otherwise the message will be published with default values",
    )
    parser.add_argument(
        "-r",
        "--rate",
        metavar="N",
        type=positive_float,
        default=1.0,
        help="Publishing rate in Hz (default: 1)",
    )
    parser.add_argument(
        "-p",
        "--print",
        metavar="N",
        type=unsigned_int,
        default=1,
        help="Only print every N-th published message (default: 1)",
    )
    count = parser.add_mutually_exclusive_group()
    count.add_argument("-1", "--once", action="store_true", help="Publish one message and exit")
    count.add_argument(
        "-t",
        "--times",
        metavar="TIMES",
        type=unsigned_int,
        default=0,
        help="Publish this number of times and then exit",
    )
    parser.add_argument(
        "-w",
        "--wait-matching-subscriptions",
        metavar="N",
        type=unsigned_int,
        help="Wait until finding the specified number of matching subscriptions. Defaults to 1 "
        "when using -1/--once/-t/--times, otherwise defaults to 0.",
    )
    parser.add_argument(
        "--max-wait-time-secs",
        metavar="S",
        type=positive_float,
        help="Give up waiting for matching subscriptions after this time (default: wait for ever)",
    )
    parser.add_argument(
        "--keep-alive",
        metavar="S",
        type=float,
        default=0.1,
        help="Keep publishing node alive for S seconds after the last msg (default: %(default)s)",
    )
    parser.add_argument("-n", "--node-name", help="Name of the created publishing node")
    qos.add_qos_arguments(parser, "publish", "default")


def run_pub(args: argparse.Namespace) -> None:
    """Publish until Ctrl-C, or as often as asked.

    Raises:
        CommandError: unknown type, values that do not fit, no subscription in time.
    """
    topic = full_topic_name(args.topic_name)
    msg = get_message(args.message_type)()
    stamps = fill_message(msg, args.values)
    times = 1 if args.once else args.times
    wait = args.wait_matching_subscriptions
    if args.node_name:
        with (
            ending_on_sigterm(),
            participant(args.node_name, use_sim_time=args.use_sim_time) as node,
        ):
            _publish(args, node, topic, msg, stamps, times, wait)
    else:
        with discovered(args, for_data=True) as graph:
            node = graph.best(lambda scout: scout.count_subscribers(topic))
            _publish(args, node, topic, msg, stamps, times, wait)


def _publish(
    args: argparse.Namespace,
    node: Node,
    topic: str,
    msg: Any,
    stamps: Sequence[StampSetter],
    times: int,
    wait: int | None,
) -> None:
    publisher = node.create_publisher(type(msg), topic, qos.from_options(args))
    _wait_for_subscriptions(node, publisher, bool(times) if wait is None else wait, args)
    print("publisher: beginning loop")
    count = 0

    def publish() -> None:
        nonlocal count
        if times and count == times:
            return
        count += 1
        now = node.get_clock().now().to_msg()
        for set_stamp in stamps:
            set_stamp(now)
        if args.print and count % args.print == 0:
            print(f"publishing #{count}: {msg!r}\n")
        publisher.publish(msg)

    publish()
    if times != 1:
        node.create_timer(1.0 / args.rate, publish)
        spin(node, until=lambda: bool(times) and count >= times)
    # Reliable delivery needs the publisher to live until the subscription has answered.
    time.sleep(args.keep_alive)


def _wait_for_subscriptions(
    node: Node, publisher: Publisher, wanted: int, args: argparse.Namespace
) -> None:
    if publisher.get_subscription_count() >= wanted:
        return
    print(f"Waiting for at least {wanted:d} matching subscription(s)...")
    if not spin(
        node,
        until=lambda: publisher.get_subscription_count() >= wanted,
        timeout=args.max_wait_time_secs,
    ):
        raise CommandError(
            f"Timed out waiting for subscribers: expected {wanted:d} subscribers but only got "
            f"{publisher.get_subscription_count()} after {args.max_wait_time_secs} seconds"
        )
