"""The wire format between the sandbox and its child: a header, then numbers or fields of text.

The parent sends marshal, which is quick and which the child may trust. The child, which runs a
stranger's code, is never trusted: its answers are a known count of float64 or a few fields of text
separated by null characters, and everything about them is checked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

HEADER = struct.Struct("<III")
"""Number of the request, kind, length of the payload in bytes."""

# Kinds of answers
READY = 1  # fields: layer, reason, layer, reason ... of those that are missing
LOADED = 2  # fields: see `facts`
REWARDS = 3  # float64, little-endian, one for each car
CONVERTED = 4  # the same, but at least one was a number of another type
PROBLEM = 5  # fields: see `problem`

MAX_FIELDS_BYTES = 64 * 1024
"""Longest payload of text that the parent reads."""

ANY_FIELDS = range(MAX_FIELDS_BYTES + 1)
"""Allowed lengths of a payload of text [bytes]."""

_SEPARATOR = "\0"


def pack_fields(fields: Iterable[str]) -> bytes:
    """Join fields of text, cutting what would be too long."""
    text = _SEPARATOR.join(field.replace(_SEPARATOR, " ") for field in fields)
    return text.encode("utf-8", "backslashreplace")[:MAX_FIELDS_BYTES]


def unpack_fields(payload: bytes) -> list[str]:
    """Split a payload into its fields; what is not UTF-8 or would steer a terminal is replaced."""
    text = payload.decode("utf-8", "replace")
    return ["".join(map(_shown, field)) for field in text.split(_SEPARATOR)]


def _shown(character: str) -> str:
    return character if character.isprintable() or character in "\n\t" else "\ufffd"
