"""Keeps references from a page to lines of code true: `tools/line_references.py docs/gazebo.md`.

A reference is written `FILE:LINE SYMBOL` in backticks. FILE is the end of a file's path, as long as
needed to be the only one. Without --check, wrong line numbers are corrected: the nearest
line that holds the symbol is taken. With --check nothing is written; what is wrong is printed, and
the exit code is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("deepracer_ws", "launch", "tests", "tools", "urdf", "worlds")
REFERENCE = re.compile(r"`(?P<file>[\w./-]+\.[a-z]+):(?P<line>\d+) (?P<symbol>[^`]+)`")


class BrokenReferenceError(Exception):
    """Raised when no line of the code is what a reference means."""


def corrected(text: str) -> str:
    """The text of a page with the right line in every reference.

    Raises:
        BrokenReferenceError: a file is not there or not the only one, or no line holds the symbol.
    """
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*"))
    files = [str(path.relative_to(ROOT)) for path in paths]
    return REFERENCE.sub(lambda match: _correct(match, files), text)


def _correct(match: re.Match[str], files: Sequence[str]) -> str:
    name, symbol = match["file"], match["symbol"]
    found = [path for path in files if f"/{path}".endswith(f"/{name}")]
    if len(found) != 1:
        raise BrokenReferenceError(f"{match[0]}: {len(found)} files are called {name}: {found}")
    lines = (ROOT / found[0]).read_text("utf-8").splitlines()
    holding = [number for number, line in enumerate(lines, 1) if symbol in line]
    if not holding:
        raise BrokenReferenceError(f"{match[0]}: no line of {found[0]} holds {symbol!r} any more")
    nearest = min(holding, key=lambda number: abs(number - int(match["line"])))
    return f"`{name}:{nearest} {symbol}`"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or correct the pages of the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    failed = False
    for page in options.pages:
        text = page.read_text("utf-8")
        try:
            right = corrected(text)
        except BrokenReferenceError as error:
            print(f"{page}: {error}", file=sys.stderr)
            failed = True
            continue
        if options.check and right != text:
            print(f"{page}: lines have moved; run tools/line_references.py {page}", file=sys.stderr)
            failed = True
        elif not options.check:
            page.write_text(right, "utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
