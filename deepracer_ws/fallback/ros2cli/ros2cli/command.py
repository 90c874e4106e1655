"""What every command shares: its error, its argument parser, types of option values."""

from __future__ import annotations

import argparse
from typing import NoReturn

_HINT = (
    "This is the small ros2 command line of a machine without ROS 2. If the full one has what you "
    "ask for, install ROS 2 to use it: https://docs.ros.org/en/jazzy/Installation.html"
)


class CommandError(Exception):
    """Raised when a command cannot do what was asked; `ros2` prints it and exits with 1."""


class Parser(argparse.ArgumentParser):
    """An argument parser that says where to find what exists only in the full ROS 2."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message, with a hint if something is unknown; exit with 2."""
        if "invalid choice" in message or "unrecognized arguments" in message:
            message = f"{message}\n{_HINT}"
        super().error(message)


def positive_int(text: str) -> int:
    """An integer above zero."""
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"value must be a positive integer, not {text}")
    return value


def unsigned_int(text: str) -> int:
    """An integer that is not negative."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"value must be a non-negative integer, not {text}")
    return value


def positive_float(text: str) -> float:
    """A number above zero."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"value must be a positive number, not {text}")
    return value
