"""What the Tab key offers for an argument, through argcomplete."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ros2cli import index
from ros2cli.command import CommandError

Completer = Callable[..., list[str]]


def offer(action: argparse.Action, completer: Completer) -> None:
    """Let Tab offer what `completer` returns for this argument."""
    action.completer = completer  # type: ignore[attr-defined]


def packages(**_: Any) -> list[str]:
    """Package names."""
    return index.packages()


def executables(*, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Executables of the package that was typed before."""
    try:
        return [path.name for path in index.executables(parsed_args.package_name)]
    except CommandError:
        return []


def launch_files(*, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Launch files of the package that was typed before."""
    try:
        folder = index.share(parsed_args.package_name)
    except CommandError:
        return []
    return sorted({path.name for path in folder.rglob("*launch.py")})


def messages(**_: Any) -> list[str]:
    """Message types."""
    return index.interfaces("msg")


def service_types(**_: Any) -> list[str]:
    """Service types."""
    return index.interfaces("srv")


def all_interfaces(**_: Any) -> list[str]:
    """Types of every kind."""
    return [name for kind in index.INTERFACE_KINDS for name in index.interfaces(kind)]


def topics(*, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Topics of the running graph."""
    from ros2cli.graph import discovered

    with discovered(parsed_args) as graph:
        return list(graph.topics())


def services(*, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Services of the running graph."""
    from ros2cli.graph import discovered

    with discovered(parsed_args) as graph:
        return list(graph.services())


def nodes(*, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Nodes of the running graph."""
    from ros2cli.graph import discovered

    with discovered(parsed_args) as graph:
        return graph.nodes()
