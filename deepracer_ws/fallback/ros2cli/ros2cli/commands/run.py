"""`ros2 run`: start an executable of a package."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from ros2cli import completion, index
from ros2cli.command import CommandError


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 run`."""
    parser.add_argument(
        "--prefix",
        help="Prefix command, which should go before the executable. Command must be wrapped in "
        "quotes if it contains spaces (e.g. --prefix 'gdb -ex run --args').",
    )
    completion.offer(
        parser.add_argument("package_name", help="Name of the ROS package"), completion.packages
    )
    completion.offer(
        parser.add_argument("executable_name", help="Name of the executable"),
        completion.executables,
    )
    parser.add_argument(
        "argv", nargs=argparse.REMAINDER, help="Pass arbitrary arguments to the executable"
    )


def run_run(args: argparse.Namespace) -> None:
    """Become the executable: it gets every signal, its exit code is ours, it cannot outlive us.

    Raises:
        CommandError: no such package or executable, or it cannot be started.
    """
    path = _find(args.package_name, args.executable_name)
    command = [*shlex.split(args.prefix or ""), str(path), *args.argv]
    sys.stdout.flush()
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        raise CommandError(f"Cannot start {command[0]}: {error}") from None


def _find(package: str, name: str) -> Path:
    found = [path for path in index.executables(package) if path.name == name]
    if not found:
        raise CommandError(f"No executable found: '{name}' (see: ros2 pkg executables {package})")
    if len(found) > 1:
        raise CommandError("\n- ".join(["Multiple executables found:", *map(str, found)]))
    return found[0]
