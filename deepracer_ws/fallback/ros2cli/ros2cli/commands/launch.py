"""`ros2 launch`: run a launch file of a package, or one given by its path."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from launch import (
    InvalidLaunchFileError,
    LaunchDescription,
    LaunchDescriptionSource,
    LaunchIntrospector,
    LaunchService,
)
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import get_launch_description_from_any_launch_file

from ros2cli import completion, index
from ros2cli.command import CommandError


def add_launch_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 launch`."""
    parser.add_argument(
        "-n",
        "--noninteractive",
        action="store_true",
        help="Run the launch system non-interactively, with no terminal associated",
    )
    parser.add_argument(
        "-d",
        "--debug",
        action="store_true",
        help="Put the launch system in debug mode, provides more verbose output.",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "-p",
        "--print",
        "--print-description",
        action="store_true",
        help="Print the launch description to the console without launching it.",
    )
    instead.add_argument(
        "-s",
        "--show-args",
        "--show-arguments",
        action="store_true",
        help="Show arguments that may be given to the launch file.",
    )
    parser.add_argument(
        "-a",
        "--show-all-subprocesses-output",
        action="store_true",
        help="Show all launched subprocesses' output by overriding their output configuration "
        "using the OVERRIDE_LAUNCH_PROCESS_OUTPUT envvar.",
    )
    completion.offer(
        parser.add_argument(
            "package_name", help="Name of the ROS package which contains the launch file"
        ),
        completion.packages,
    )
    completion.offer(
        parser.add_argument("launch_file_name", nargs="?", help="Name of the launch file"),
        completion.launch_files,
    )
    parser.add_argument(
        "launch_arguments",
        nargs="*",
        help="Arguments to the launch file; '<name>:=<value>' (for duplicates, last one wins)",
    )


def run_launch(args: argparse.Namespace) -> int:
    """Print about the launch file, or run it until its processes have ended.

    Raises:
        CommandError: no such package or file, or a malformed argument.
    """
    path, arguments = _resolve(args)
    if args.show_all_subprocesses_output:
        os.environ["OVERRIDE_LAUNCH_PROCESS_OUTPUT"] = "both"
    description = _load(path)
    if args.print:
        print(LaunchIntrospector().format_launch_description(description))
    elif args.show_args:
        print_arguments(description)
    else:
        values = parse_arguments(arguments)
        _warn_undeclared(description, values, path)
        service = LaunchService(
            argv=arguments, noninteractive=args.noninteractive, debug=args.debug
        )
        # An include, so that the launch file knows its own location.
        source = LaunchDescriptionSource(description, str(path), "interpreted launch file")
        include = IncludeLaunchDescription(source, launch_arguments=values.items())
        service.include_launch_description(LaunchDescription([include]))
        return service.run()
    return 0


def _resolve(args: argparse.Namespace) -> tuple[Path, list[str]]:
    """The launch file and its arguments: `package file args...` or `path args...`."""
    first = Path(args.package_name)
    arguments = list(args.launch_arguments)
    if args.launch_file_name is None:
        if not first.exists():
            raise CommandError(
                f"No launch file supplied: '{first}' is no file; a package needs a file name too"
            )
        return first, arguments
    if first.exists() and args.package_name not in index.packages():
        return first, [args.launch_file_name, *arguments]
    return _find_in_package(args.package_name, args.launch_file_name), arguments


def _find_in_package(package: str, name: str) -> Path:
    folder = index.share(package)
    # Not rglob: with --symlink-install the folders in share may be links.
    found = [
        Path(root) / name for root, _, files in os.walk(folder, followlinks=True) if name in files
    ]
    if not found:
        raise CommandError(
            f"file '{name}' was not found in the share directory of package '{package}' "
            f"which is at '{folder}'"
        )
    if len(found) > 1:
        paths = ", ".join(f"'{path}'" for path in found)
        raise CommandError(
            f"file '{name}' was found more than once in the share directory of package "
            f"'{package}': [{paths}]"
        )
    return found[0]


def _load(path: Path) -> LaunchDescription:
    try:
        return get_launch_description_from_any_launch_file(str(path))
    except InvalidLaunchFileError as error:
        raise CommandError(str(error)) from error


def parse_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """Names and values of ``name:=value`` words; the last of a name counts.

    Raises:
        CommandError: a word has another form.
    """
    values = {}
    for argument in arguments:
        name, separator, value = argument.partition(":=")
        if not (name and separator and value):
            raise CommandError(
                f"malformed launch argument '{argument}', expected format '<name>:=<value>'"
            )
        values[name] = value
    return values


def _warn_undeclared(description: LaunchDescription, values: dict[str, str], path: Path) -> None:
    """The full ROS 2 takes any name silently, so a typing error shows nowhere: here it shows."""
    declared = [argument.name for argument in description.get_launch_arguments()]
    for name in values:
        if name not in declared:
            known = ", ".join(declared) or "none"
            print(
                f"WARNING: '{name}' is not an argument that '{path.name}' declares "
                f"(it declares: {known})",
                file=sys.stderr,
            )


def print_arguments(description: LaunchDescription) -> None:
    """What `--show-args` prints."""
    print("Arguments (pass arguments as '<name>:=<value>'):")
    arguments = description.get_launch_arguments()
    for argument in arguments:
        star = "*" if argument.conditionally_included else ""
        print(f"\n    '{argument.name}':{star}\n        {argument.description}")
        if argument.default_value is not None:
            default = " + ".join(token.describe() for token in argument.default_value)
            print(f"        (default: {default})")
    if any(argument.conditionally_included for argument in arguments):
        print("\n* argument(s) which are only used if specific conditions occur")
    if not arguments:
        print("\n  No arguments.")
