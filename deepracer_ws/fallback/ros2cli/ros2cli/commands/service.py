"""`ros2 service list|type|find`: the services of the graph."""

from __future__ import annotations

import argparse

from ros2cli import completion
from ros2cli.arguments import (
    add_include_hidden,
    add_listing_options,
    add_service_name,
    print_listing,
)
from ros2cli.graph import NamesAndTypes, add_discovery_arguments, discovered


def _services(args: argparse.Namespace) -> NamesAndTypes:
    with discovered(args) as graph:
        return graph.services(include_hidden=args.include_hidden)


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 service list`."""
    add_discovery_arguments(parser)
    parser.add_argument(
        "-t", "--show-types", action="store_true", help="Additionally show the service type"
    )
    add_listing_options(parser, "services")


def run_list(args: argparse.Namespace) -> None:
    """Print the services, one a line."""
    lines = [
        f"{name} [{', '.join(types)}]" if args.show_types else name
        for name, types in _services(args).items()
    ]
    print_listing(args, lines)


def add_type_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 service type`."""
    add_discovery_arguments(parser)
    add_service_name(parser, "get type")
    add_include_hidden(parser, "services")


def run_type(args: argparse.Namespace) -> int:
    """Print the types of a service; silently exit with 1 if it does not exist, as in ROS 2."""
    types = _services(args).get(args.service_name, [])
    print("".join(f"{name}\n" for name in types), end="")
    return 0 if types else 1


def add_find_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 service find`."""
    add_discovery_arguments(parser)
    completion.offer(
        parser.add_argument("service_type", help="Name of the ROS service type to filter for"),
        completion.service_types,
    )
    add_listing_options(parser, "services")


def run_find(args: argparse.Namespace) -> None:
    """Print the services of one type."""
    names = [name for name, types in _services(args).items() if args.service_type in types]
    print_listing(args, names)
