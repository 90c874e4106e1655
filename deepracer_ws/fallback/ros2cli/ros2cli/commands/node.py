"""`ros2 node list`: the nodes of the graph."""

from __future__ import annotations

import argparse
import sys

from ros2cli.arguments import add_listing_options, print_listing
from ros2cli.graph import add_discovery_arguments, discovered


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 node list`."""
    add_discovery_arguments(parser)
    add_listing_options(parser, "nodes")


def run_list(args: argparse.Namespace) -> None:
    """Print the full names of the nodes, one a line."""
    with discovered(args) as graph:
        names = graph.nodes(include_hidden=args.include_hidden)
    if len(set(names)) < len(names):
        print(
            "WARNING: Be aware that there are nodes in the graph that share an exact name, "
            "which can have unintended side effects.",
            file=sys.stderr,
        )
    print_listing(args, names)
