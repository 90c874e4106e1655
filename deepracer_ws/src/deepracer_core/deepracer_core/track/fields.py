"""Strict reading of YAML files from strangers: every refusal names field, reason and repair."""

from __future__ import annotations

import reprlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from deepracer_core.errors import TrackError

Colour = tuple[int, int, int]

MAX_FILE_SIZE = 1 << 20  # [bytes]
MAX_EXTENT = 1000.0  # [m] no indoor track is larger; keeps arithmetic far from overflow

# What PyYAML raises on hostile text: its own errors, and those of Python's constructors for
# explicit tags such as `!!int ''`, `!!bool x`, `!!timestamp x`, `{<<: ...}` or too deep nesting.
_YAML_FAILURES = (
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file of plain values.

    Raises:
        TrackError: the file cannot be read, is too large or not YAML.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise TrackError(f"cannot read it: {error.strerror}; check path and permissions") from error
    if len(content) > MAX_FILE_SIZE:
        raise TrackError(f"larger than {MAX_FILE_SIZE} bytes; use fewer points")
    try:
        return yaml.safe_load(content)
    except _YAML_FAILURES as error:
        raise TrackError(f"not valid YAML: {error}") from error


def mapping(value: Any, place: str, kind: type) -> dict[str, Any]:
    """Require a mapping that has exactly the fields of the dataclass `kind`.

    Raises:
        TrackError: it is none, or a field is missing or unknown.
    """
    names = [field.name for field in fields(kind)]
    if not isinstance(value, dict):
        raise wrong(place, f"a mapping with {', '.join(names)}", value)
    for name in names:
        if name not in value:
            raise TrackError(f"{place}: field {name!r} is missing; add it")
    for key in value:
        if key not in names:
            raise TrackError(f"{place}: unknown field {reprlib.repr(key)}; known: {names}")
    return value


def numbers(value: Any, place: str, kind: type) -> dict[str, float]:
    """Require a mapping that has exactly the fields of `kind`, each a number of metres.

    Raises:
        TrackError: it is none.
    """
    entries = mapping(value, place, kind)
    return {key: number(entry, f"{place}.{key}") for key, entry in entries.items()}


def number(value: Any, place: str) -> float:
    """Require a number of metres, finite and within MAX_EXTENT.

    Raises:
        TrackError: it is none.
    """
    # bool is an int in Python; the comparison is False for NaN and exact for huge integers
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (is_number and -MAX_EXTENT <= value <= MAX_EXTENT):
        raise wrong(place, f"a number of metres between -{MAX_EXTENT:g} and {MAX_EXTENT:g}", value)
    return float(value)


def colour(value: Any, place: str) -> Colour:
    """Require red, green, blue from 0 to 255.

    Raises:
        TrackError: it is none.
    """
    channels = value if isinstance(value, list) else []
    valid = all(type(channel) is int and 0 <= channel <= 255 for channel in channels)
    if len(channels) != 3 or not valid:
        raise wrong(place, "[red, green, blue], whole numbers from 0 to 255", value)
    red, green, blue = channels
    return red, green, blue


def wrong(place: str, expected: str, found: Any) -> TrackError:
    """The error for a value of the wrong kind; a huge value is abbreviated."""
    return TrackError(f"{place}: expected {expected}, found {reprlib.repr(found)}")
