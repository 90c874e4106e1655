"""`ros2 daemon start|status|stop`: accepted for scripts that call them; there is no daemon."""

from __future__ import annotations

import argparse

_NO_DAEMON = "this ros2 works without one: each command discovers the graph by itself"


def _add_no_arguments(_parser: argparse.ArgumentParser) -> None:
    """None of these verbs has options."""


add_start_arguments = add_status_arguments = add_stop_arguments = _add_no_arguments


def run_start(_args: argparse.Namespace) -> None:
    """Say that there is nothing to start."""
    print(f"There is no daemon to start; {_NO_DAEMON}")


def run_status(_args: argparse.Namespace) -> None:
    """Say that it does not run."""
    print(f"The daemon is not running; {_NO_DAEMON}")


def run_stop(_args: argparse.Namespace) -> None:
    """Say that it does not run."""
    print(f"The daemon is not running; {_NO_DAEMON}")
