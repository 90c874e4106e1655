"""`ros2 node info`: what a node publishes, subscribes, serves and calls."""

from __future__ import annotations

import argparse
import sys

from rclpy.action import get_action_client_names_and_types_by_node as action_clients
from rclpy.action import get_action_server_names_and_types_by_node as action_servers
from rclpy.node import Node

from ros2cli import completion
from ros2cli.command import CommandError
from ros2cli.graph import NodeQuery, add_discovery_arguments, discovered

# The parts of the output, in order.
_PARTS: dict[str, NodeQuery] = {
    "Subscribers": Node.get_subscriber_names_and_types_by_node,
    "Publishers": Node.get_publisher_names_and_types_by_node,
    "Service Servers": Node.get_service_names_and_types_by_node,
    "Service Clients": Node.get_client_names_and_types_by_node,
    "Action Servers": action_servers,
    "Action Clients": action_clients,
}


def add_info_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 node info`."""
    add_discovery_arguments(parser)
    completion.offer(
        parser.add_argument("node_name", help="Fully qualified node name to request information"),
        completion.nodes,
    )
    parser.add_argument(
        "--include-hidden",
        action="store_true",
        help="Display hidden topics, services, and actions as well",
    )


def run_info(args: argparse.Namespace) -> None:
    """Print what a node subscribes, publishes, serves and calls.

    Raises:
        CommandError: there is no such node.
    """
    with discovered(args) as graph:
        count = graph.nodes(include_hidden=args.include_hidden).count(args.node_name)
        if count == 0:
            raise CommandError(f"Unable to find node '{args.node_name}'")
        if count > 1:
            print(
                f'There are {count} nodes in the graph with the exact name "{args.node_name}". '
                "You are seeing information about only one of them.",
                file=sys.stderr,
            )
        print(args.node_name)
        for title, query in _PARTS.items():
            print(f"  {title}:")
            infos = graph.of_node(args.node_name, query, include_hidden=args.include_hidden)
            print("\n".join(f"    {name}: {', '.join(types)}" for name, types in infos.items()))
