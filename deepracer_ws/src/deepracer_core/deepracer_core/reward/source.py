"""The text of a reward function as its user wrote it, read without being parsed or run."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from deepracer_core.errors import RewardSourceError

MAX_CHARACTERS = 140_000
"""Longest reward function that AWS takes [characters]; source: DRoA, reward editor."""

# A file of MAX_CHARACTERS four-byte characters; more is not even read.
_MAX_BYTES = 4 * MAX_CHARACTERS
_MAX_SHOWN = 200  # characters of a line in a message


@dataclass(frozen=True)
class RewardFunction:
    """The source of a reward function.

    The text is only ever parsed inside the sandbox: a hostile file can crash Python's parser.

    Attributes:
        text: The Python source.
        name: What messages call it, usually the file name.
    """

    text: str
    name: str = "reward_function.py"

    def __post_init__(self) -> None:
        """Check what can be checked without parsing.

        Raises:
            RewardSourceError: the text is too long or holds null characters.
        """
        if len(self.text) > MAX_CHARACTERS:
            raise RewardSourceError(
                f"{len(self.text)} characters are too long, {MAX_CHARACTERS} are allowed",
                source=self.name,
                repair="Move long tables into formulas or shorten them.",
            )
        if "\0" in self.text:
            raise RewardSourceError(
                "there is a null character in the file",
                source=self.name,
                repair="Save the file as plain UTF-8 text, not as UTF-16 or a binary format.",
                line=self.text.count("\n", 0, self.text.index("\0")) + 1,
            )

    @classmethod
    def load(cls, path: Path | str) -> RewardFunction:
        """Read a file in UTF-8, with or without byte order mark.

        Raises:
            RewardSourceError: the file cannot be read, is too long, or is not UTF-8 text.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise RewardSourceError(
                f"the file cannot be read: {error.strerror}",
                source=str(path),
                repair="Name an existing, readable Python file.",
            ) from error
        return cls(_decode(data, path.name), path.name)

    def line_text(self, line: int) -> str:
        """The text of a 1-based line, stripped and cut; empty beyond the end."""
        lines = self.text.split("\n")
        return lines[line - 1].strip()[:_MAX_SHOWN] if 0 < line <= len(lines) else ""


def _decode(data: bytes, name: str) -> str:
    if len(data) > _MAX_BYTES:
        raise RewardSourceError(
            f"the file has more than {_MAX_BYTES} bytes",
            source=name,
            repair=f"A reward function has at most {MAX_CHARACTERS} characters.",
        )
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise RewardSourceError(
            f"the file is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}",
            source=name,
            repair="Save the file with the encoding UTF-8.",
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
