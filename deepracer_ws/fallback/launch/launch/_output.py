"""Output of a process, cut into lines."""

from __future__ import annotations

from collections.abc import Callable


class LineSplitter:
    """Collects bytes and passes on complete lines as text."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        """Call `on_line` with each line, without its end."""
        self._on_line = on_line
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Add bytes and pass on the lines that they complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode(errors="replace"))

    def flush(self) -> None:
        """Pass on the unfinished last line, if there is one."""
        if self._rest:
            self._on_line(self._rest.decode(errors="replace"))
            self._rest = b""
