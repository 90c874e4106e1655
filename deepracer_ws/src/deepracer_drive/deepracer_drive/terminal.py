"""A terminal that gives keys one by one."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty
from pathlib import Path

from deepracer_core.errors import ConfigError

OURS = Path("/dev/tty")
"""The terminal that a process was started from."""

CHUNK = 4096  # [bytes] read at once; more than a human types in a moment


class Terminal:
    """Opened, it gives each key at once and does not show it; `close` leaves it as it was.

    `ros2 launch` keeps the standard input of nodes for itself; so the terminal is opened by its
    path, which works from another session too. Ctrl-C stays a signal.
    """

    def __init__(self, path: Path = OURS) -> None:
        """Open it.

        Raises:
            ConfigError: there is no terminal.
        """
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file)
        except (OSError, termios.error) as error:
            raise ConfigError(
                f"the keyboard cannot be read: {path}: {error}; start this from a terminal"
            ) from error

    def read(self) -> str:
        """What was typed since the last call; empty if nothing was, or the terminal is gone."""
        if not select.select([self._file], [], [], 0.0)[0]:
            return ""
        try:
            return os.read(self._file, CHUNK).decode(errors="replace")
        except OSError:  # hung up
            return ""

    def close(self) -> None:
        """Restore the terminal."""
        with contextlib.suppress(termios.error):  # hung up
            termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)
        os.close(self._file)
