"""`ros2 topic list|info|type|find`: the topics of the graph."""

from __future__ import annotations

import argparse

from ros2cli import completion
from ros2cli.arguments import add_include_hidden, add_listing_options, add_topic_name, print_listing
from ros2cli.command import CommandError
from ros2cli.graph import Graph, add_discovery_arguments, discovered


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic list`."""
    add_discovery_arguments(parser)
    parser.add_argument(
        "-t", "--show-types", action="store_true", help="Additionally show the topic type"
    )
    add_listing_options(parser, "topics")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="List full details about each topic"
    )


def run_list(args: argparse.Namespace) -> None:
    """Print the topics, one a line."""
    with discovered(args) as graph:
        topics = graph.topics(include_hidden=args.include_hidden)
        if args.verbose and topics and not args.count:
            _print_details(graph, topics)
            return
    lines = [
        f"{name} [{', '.join(types)}]" if args.show_types else name
        for name, types in topics.items()
    ]
    print_listing(args, lines)


def _print_details(graph: Graph, topics: dict[str, list[str]]) -> None:
    for title, noun, endpoints in (
        ("Published", "publisher", graph.publishers),
        ("Subscribed", "subscriber", graph.subscriptions),
    ):
        print(f"{title} topics:")
        for name, types in topics.items():
            if count := len(endpoints(name)):
                print(f" * {name} [{', '.join(types)}] {count} {noun}{'s' if count > 1 else ''}")
        print()


def add_info_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic info`."""
    add_discovery_arguments(parser)
    add_topic_name(parser, "get info")
    parser.add_argument(
        "--verbose",
        "-v",
        action="store_true",
        help="Prints detailed information like the node name, node namespace, topic type, topic "
        "type hash, guid and qos profile of the publishers and subscribers to this topic",
    )


def run_info(args: argparse.Namespace) -> None:
    """Print type and endpoint counts of a topic, with `-v` every endpoint."""
    with discovered(args) as graph:
        types = _types_of(graph, args.topic_name)
        # The full ROS 2 leaves an empty line after every part of the long form only.
        end = "\n\n" if args.verbose else "\n"
        print("Type:", types[0] if len(types) == 1 else types, end=end)
        for noun, infos in (
            ("Publisher", graph.publishers(args.topic_name)),
            ("Subscription", graph.subscriptions(args.topic_name)),
        ):
            print(f"{noun} count: {len(infos)}", end=end)
            for info in infos if args.verbose else []:
                print(info, end=end)


def _types_of(graph: Graph, topic: str) -> list[str]:
    types = graph.topics(include_hidden=True).get(topic)
    if types is None:
        raise CommandError(f"Unknown topic '{topic}'")
    return types


def add_type_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic type`."""
    add_discovery_arguments(parser)
    add_topic_name(parser, "get type")
    add_include_hidden(parser, "topics")


def run_type(args: argparse.Namespace) -> int:
    """Print the types of a topic; silently exit with 1 if it does not exist, as in ROS 2."""
    with discovered(args) as graph:
        types = graph.topics(include_hidden=args.include_hidden).get(args.topic_name, [])
    print("".join(f"{name}\n" for name in types), end="")
    return 0 if types else 1


def add_find_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 topic find`."""
    add_discovery_arguments(parser)
    completion.offer(
        parser.add_argument("topic_type", help="Name of the ROS topic type to filter for"),
        completion.messages,
    )
    add_listing_options(parser, "topics")


def run_find(args: argparse.Namespace) -> None:
    """Print the topics of one type."""
    with discovered(args) as graph:
        topics = graph.topics(include_hidden=args.include_hidden)
    print_listing(args, [name for name, types in topics.items() if args.topic_type in types])
