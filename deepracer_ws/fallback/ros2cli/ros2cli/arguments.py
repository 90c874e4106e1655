"""Arguments that several verbs have, and the output of those that list names."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ros2cli import completion


def add_topic_name(parser: argparse.ArgumentParser, purpose: str) -> None:
    """The positional ``topic_name``."""
    text = f"Name of the ROS topic to {purpose} (e.g. '/chatter')"
    completion.offer(parser.add_argument("topic_name", help=text), completion.topics)


def add_message_type(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """The positional ``message_type``."""
    text = "Type of the ROS message (e.g. 'std_msgs/msg/String')"
    action = parser.add_argument("message_type", nargs=nargs, help=text)
    completion.offer(action, completion.messages)


def add_service_name(parser: argparse.ArgumentParser, purpose: str) -> None:
    """The positional ``service_name``."""
    text = f"Name of the ROS service to {purpose} (e.g. '/add_two_ints')"
    completion.offer(parser.add_argument("service_name", help=text), completion.services)


def add_node_name(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """The positional ``node_name``, and whether it may be a hidden node."""
    action = parser.add_argument("node_name", nargs=nargs, help="Name of the ROS node")
    completion.offer(action, completion.nodes)
    parser.add_argument(
        "--include-hidden-nodes", action="store_true", help="Consider hidden nodes as well"
    )


def add_include_hidden(parser: argparse.ArgumentParser, nouns: str) -> None:
    """The option ``include_hidden``; `nouns` are what may be hidden, such as ``topics``."""
    parser.add_argument(
        "-a",
        "--all",
        f"--include-hidden-{nouns}",
        dest="include_hidden",
        action="store_true",
        help=f"Consider hidden {nouns} as well",
    )


def add_listing_options(parser: argparse.ArgumentParser, nouns: str) -> None:
    """The options of `print_listing`, and `add_include_hidden`."""
    parser.add_argument(
        "-c",
        "--count",
        f"--count-{nouns}",
        action="store_true",
        help=f"Only display the number of {nouns} discovered",
    )
    add_include_hidden(parser, nouns)


def print_listing(args: argparse.Namespace, lines: Sequence[str]) -> None:
    """Print the lines, or with ``--count`` how many there are."""
    if args.count:
        print(len(lines))
    elif lines:
        print(*lines, sep="\n")
