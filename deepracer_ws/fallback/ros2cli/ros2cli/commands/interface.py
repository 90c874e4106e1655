"""`ros2 interface list|show|package|packages|proto`: message, service and action types."""

from __future__ import annotations

import argparse
import sys

from rosidl_adapter.parser import parse_message_string

from ros2cli import completion, index
from ros2cli.command import CommandError
from ros2cli.interfaces import get_message, get_service
from ros2cli.message_text import message_to_yaml

_SEPARATOR = "---"


def _add_kind_arguments(parser: argparse.ArgumentParser, what: str) -> None:
    kinds = parser.add_mutually_exclusive_group()
    for kind, title in index.INTERFACE_KINDS.items():
        option = title.lower().rstrip("s")
        kinds.add_argument(
            f"-{kind[0]}",
            f"--only-{option if kind == 'action' else kind}s",
            dest="kinds",
            action="store_const",
            const=[kind],
            help=f"Print out only {what} {option} types",
        )
    parser.set_defaults(kinds=list(index.INTERFACE_KINDS))


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 interface list`."""
    _add_kind_arguments(parser, "the")


def run_list(args: argparse.Namespace) -> None:
    """Print all interfaces, grouped by kind."""
    for kind in args.kinds:
        print(f"{index.INTERFACE_KINDS[kind]}:")
        for name in index.interfaces(kind):
            print(f"    {name}")


def add_packages_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 interface packages`."""
    _add_kind_arguments(parser, "packages that contain")


def run_packages(args: argparse.Namespace) -> None:
    """Print the packages that have interfaces."""
    names = {name.split("/")[0] for kind in args.kinds for name in index.interfaces(kind)}
    print(*sorted(names), sep="\n")


def add_package_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 interface package`."""
    completion.offer(
        parser.add_argument("package_name", help="Name of the ROS package (e.g. 'std_msgs')"),
        completion.packages,
    )
    _add_kind_arguments(parser, "the")


def run_package(args: argparse.Namespace) -> None:
    """Print the interfaces of one package."""
    for name in index.interfaces_of(args.package_name):
        if name.split("/")[0] in args.kinds:
            print(f"{args.package_name}/{name}")


def add_show_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 interface show`."""
    comments = parser.add_mutually_exclusive_group()
    comments.add_argument(
        "--all-comments",
        action="store_true",
        help="Show all comments, including for nested interface definitions",
    )
    comments.add_argument(
        "--no-comments", action="store_true", help="Show no comments or whitespace"
    )
    completion.offer(
        parser.add_argument(
            "type",
            help="Show an interface definition (e.g. 'std_msgs/msg/String'). Passing '-' reads the "
            "argument from stdin (e.g. 'ros2 topic type /chatter | ros2 interface show -').",
        ),
        completion.all_interfaces,
    )


def run_show(args: argparse.Namespace) -> None:
    """Print the definition of an interface with the messages in it, indented."""
    name = sys.stdin.readline().strip() if args.type == "-" else args.type
    _show(name, comments=not args.no_comments, nested_comments=args.all_comments, indent=0)


def _show(name: str, *, comments: bool, nested_comments: bool, indent: int) -> None:
    package = name.split("/")[0]
    for line in index.interface_file(name).read_text().splitlines():
        text = line.rstrip()
        field = None
        if text != _SEPARATOR:
            spec = parse_message_string(package, "Line", text)
            field = spec.fields[0] if spec.fields else None
        shown = text if comments else text.partition("#")[0].rstrip()
        if shown or comments:
            print("\t" * indent + shown if shown else "")
        if field is not None and field.type.pkg_name:
            _show(
                f"{field.type.pkg_name}/msg/{field.type.type}",
                comments=nested_comments,
                nested_comments=nested_comments,
                indent=indent + 1,
            )


def add_proto_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 interface proto`."""
    completion.offer(
        parser.add_argument(
            "type", help="Show an interface definition (e.g. 'std_msgs/msg/String')"
        ),
        completion.all_interfaces,
    )
    parser.add_argument(
        "--no-quotes", action="store_true", help="If true output has no outer quotes."
    )


def run_proto(args: argparse.Namespace) -> None:
    """Print a message, or the request of a service, with its default values.

    Raises:
        CommandError: there is no such interface, or it is an action.
    """
    kind = args.type.split("/")[1:2]
    if kind == ["action"]:
        raise CommandError(
            "Action prototypes are not part of this small ros2; install ROS 2 to use them"
        )
    msg = get_service(args.type).Request() if kind == ["srv"] else get_message(args.type)()
    text = message_to_yaml(msg)
    print(text if args.no_quotes else f'"{text}"')
