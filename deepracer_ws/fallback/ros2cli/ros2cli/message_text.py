"""Messages as text: YAML and comma-separated values in the format of rosidl_runtime_py."""

from __future__ import annotations

import array
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from rosidl_parser.definition import (
    AbstractNestedType,
    AbstractString,
    AbstractWString,
    Array,
    BasicType,
    BoundedSequence,
    NamespacedType,
)

_SEQUENCES = (list, tuple, array.array, np.ndarray)


@dataclass(frozen=True)
class Style:
    """What is left out of long messages."""

    # Elements of arrays and characters of strings shown before '...'; None: all.
    truncate_length: int | None = None
    # Show the type and length of arrays instead of their elements.
    no_arr: bool = False
    # Show the length of strings instead of their characters.
    no_str: bool = False


FULL = Style()


def message_to_dict(msg: Any, style: Style = FULL) -> dict[str, Any]:
    """Field names and plain values of a message, nested, in the order of its definition."""
    return {
        name: _plain(getattr(msg, name), style, kind)
        for name, kind in zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True)
    }


def message_to_yaml(msg: Any, style: Style = FULL, *, flow_style: bool = False) -> str:
    """A message in YAML, one field a line, or in braces with `flow_style`."""
    return yaml.dump(
        message_to_dict(msg, style),
        allow_unicode=True,
        width=sys.maxsize,
        default_flow_style=flow_style,
        sort_keys=False,
    )


def _plain(value: Any, style: Style, kind: Any = None) -> Any:
    limit = style.truncate_length
    if isinstance(value, bytes):
        return _shorten("".join(map(chr, value)), limit)
    if isinstance(value, str):
        return f"<string length: <{len(value)}>>" if style.no_str else _shorten(value, limit)
    if isinstance(value, _SEQUENCES):
        if style.no_arr and kind is not None:
            return _array_summary(value, kind)
        items = [_plain(item, style) for item in value[:limit]]
        return [*items, "..."] if len(items) < len(value) else items
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (bool, int, float)) else message_to_dict(value, style)


def _shorten(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else f"{text[:limit]}..."


def _array_summary(value: Any, kind: AbstractNestedType) -> str:
    element = _type_name(kind.value_type)
    if isinstance(kind, Array):
        return f"<array type: {element}[{kind.size}]>"
    bound = f"[{kind.maximum_size}]" if isinstance(kind, BoundedSequence) else ""
    return f"<sequence type: {element}{bound}, length: {len(value)}>"


def _type_name(kind: Any) -> str:
    if isinstance(kind, BasicType):
        return str(kind.typename)
    if isinstance(kind, NamespacedType):
        return "/".join(kind.namespaced_name())
    assert isinstance(kind, (AbstractString, AbstractWString))
    return "string" if isinstance(kind, AbstractString) else "wstring"


def message_to_csv(msg: Any, style: Style = FULL) -> str:
    """All values of a message, depth first, separated by commas."""
    fields = zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True)
    return ",".join(_csv(getattr(msg, name), style, kind) for name, kind in fields)


def _csv(value: Any, style: Style, kind: Any = None) -> str:
    limit = style.truncate_length
    if isinstance(value, _SEQUENCES) and not (style.no_arr and kind is not None):
        items = [_csv(item, style) for item in value[:limit]]
        return ",".join([*items, "..."] if len(items) < len(value) else items)
    if isinstance(value, bytes):
        return str(value if limit is None or len(value) <= limit else value[:limit] + b"...")
    if hasattr(value, "SLOT_TYPES"):
        return message_to_csv(value, style)
    return str(_plain(value, style, kind))
