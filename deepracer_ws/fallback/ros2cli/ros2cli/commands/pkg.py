"""`ros2 pkg list|prefix|executables|xml`: installed packages."""

from __future__ import annotations

import argparse
from xml.etree import ElementTree as ET

from ros2cli import completion, index
from ros2cli.command import CommandError


def add_list_arguments(_parser: argparse.ArgumentParser) -> None:
    """`ros2 pkg list` has no options."""


def run_list(_args: argparse.Namespace) -> None:
    """Print the names of all packages."""
    print(*index.packages(), sep="\n")


def _add_package_argument(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    completion.offer(
        parser.add_argument("package_name", nargs=nargs, help="The package name"),
        completion.packages,
    )


def add_prefix_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 pkg prefix`."""
    _add_package_argument(parser)
    parser.add_argument("--share", action="store_true", help="Show share directory for the package")


def run_prefix(args: argparse.Namespace) -> None:
    """Print where a package is installed."""
    print(index.share(args.package_name) if args.share else index.prefix(args.package_name))


def add_executables_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 pkg executables`."""
    _add_package_argument(parser, nargs="?")
    parser.add_argument(
        "--full-path", action="store_true", help="Show the absolute path of each executable"
    )


def run_executables(args: argparse.Namespace) -> None:
    """Print what `ros2 run` can start, of one package or of all."""
    for package in [args.package_name] if args.package_name else index.packages():
        for path in index.executables(package):
            print(path if args.full_path else f"{package} {path.name}")


def add_xml_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 pkg xml`."""
    _add_package_argument(parser)
    parser.add_argument("-t", "--tag", help="The XML tag to output, e.g. version")


def run_xml(args: argparse.Namespace) -> None:
    """Print the manifest of a package, or the text of one tag.

    Raises:
        CommandError: no such package, manifest or tag.
    """
    path = index.share(args.package_name) / "package.xml"
    try:
        text = path.read_text()
    except OSError as error:
        raise CommandError(f"Cannot read the manifest: {error}") from None
    if args.tag is None:
        print(text)
        return
    # The manifest of an installed package is as trusted as its code.
    found = ET.fromstring(text).findall(args.tag)  # noqa: S314
    if not found:
        raise CommandError(f"No tag '{args.tag}' found in {path}")
    for element in found:
        print(element.text)
