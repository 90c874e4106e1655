"""`ros2 topic echo`: messages of a topic on the terminal."""

from __future__ import annotations

import argparse
import time
from functools import reduce
from typing import Any

import yaml

from ros2cli import qos
from ros2cli.arguments import add_message_type, add_topic_name
from ros2cli.command import CommandError, unsigned_int
from ros2cli.graph import Graph, add_discovery_arguments, discovered
from ros2cli.interfaces import get_message
from ros2cli.message_text import Style, message_to_csv, message_to_yaml
from ros2cli.participant import spin
from ros2cli.topic_types import full_topic_name, topic_type, warn_unpublished

_DEFAULT_TRUNCATE_LENGTH = 128
_POLL = 0.05


def add_echo_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic echo`."""
    add_discovery_arguments(parser)
    add_topic_name(parser, "listen to")
    add_message_type(parser, nargs="?")
    qos.add_qos_arguments(parser, "subscribe", "sensor_data")
    parser.add_argument(
        "--csv",
        action="store_true",
        help="Output all recursive fields separated by commas (e.g. for plotting)",
    )
    parser.add_argument(
        "--field",
        metavar="FIELD",
        help="Echo a selected field of a message (e.g. header.stamp.sec)",
    )
    parser.add_argument(
        "--full-length",
        "-f",
        action="store_true",
        help="Output all elements for arrays, bytes, and strings, which are else truncated",
    )
    parser.add_argument(
        "--truncate-length",
        "-l",
        metavar="N",
        type=unsigned_int,
        default=_DEFAULT_TRUNCATE_LENGTH,
        help="The length to truncate arrays, bytes, and strings to (default: %(default)d)",
    )
    parser.add_argument(
        "--no-arr", action="store_true", help="Don't print array fields of messages"
    )
    parser.add_argument(
        "--no-str", action="store_true", help="Don't print string fields of messages"
    )
    parser.add_argument(
        "--flow-style", action="store_true", help="Print collections in the block style"
    )
    parser.add_argument("--raw", action="store_true", help="Echo the raw binary representation")
    parser.add_argument(
        "--once", action="store_true", help="Print the first message received and then exit"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        default=0.0,
        help="Wait for S seconds until publisher comes up (default: do not wait)",
    )
    parser.add_argument(
        "--include-message-info",
        "-i",
        action="store_true",
        help="Shows the associated message info",
    )


def run_echo(args: argparse.Namespace) -> None:
    """Print messages until Ctrl-C, or one with `--once`.

    Raises:
        CommandError: the topic has no type yet and none was given, or the type or field is unknown.
    """
    topic = full_topic_name(args.topic_name)
    with discovered(args, for_data=True) as graph:
        message = get_message(args.message_type or _wait_for_type(graph, topic, args.timeout))
        profile = qos.for_subscription(args, topic, graph.publishers(topic))
        node = graph.best(lambda scout: scout.count_publishers(topic))
        printed: list[bool] = []

        def show(msg: Any, info: Any) -> None:
            if not (args.once and printed):
                _print_message(args, msg, info)
                printed.append(True)

        node.create_subscription(message, topic, show, profile, raw=args.raw)
        spin(node, until=lambda: args.once and bool(printed))


def _wait_for_type(graph: Graph, topic: str, timeout: float) -> str:
    end = time.monotonic() + timeout
    while (name := topic_type(graph, topic)) is None:
        if time.monotonic() >= end:
            warn_unpublished(topic)
            raise CommandError("Could not determine the type for the passed topic")
        time.sleep(_POLL)
    return name


def _print_message(args: argparse.Namespace, msg: Any, info: dict[str, Any]) -> None:
    if args.include_message_info:
        print(yaml.dump(dict(info)), end="---\n")
    if args.field and not args.raw:
        msg = _field(msg, args.field)
    limit = None if args.full_length else args.truncate_length
    style = Style(truncate_length=limit, no_arr=args.no_arr, no_str=args.no_str)
    if not hasattr(msg, "SLOT_TYPES"):
        # A field that is no message, or with --raw the bytes.
        print(msg, end="\n" if args.csv else "\n---\n")
    elif args.csv:
        print(message_to_csv(msg, style))
    else:
        print(message_to_yaml(msg, style, flow_style=args.flow_style), end="---\n")


def _field(msg: Any, path: str) -> Any:
    """The value at a path such as ``header.stamp.sec``."""
    try:
        return reduce(getattr, path.split("."), msg)
    except AttributeError as error:
        raise CommandError(f"Invalid field '{path}': {error}") from None
