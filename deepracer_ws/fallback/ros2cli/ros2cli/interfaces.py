"""Interface types by name, and messages filled from YAML, as rosidl_runtime_py does it."""

from __future__ import annotations

import array
import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import yaml
from rosidl_parser.definition import AbstractNestedType, NamespacedType

from ros2cli.command import CommandError

_KIND_NAMES = {"msg": "message", "srv": "service"}

# Sets one stamp in a message to the given time; see `set_message_fields`.
StampSetter = Callable[[Any], None]


def get_message(name: str) -> Any:
    """The Python class of a message, by ``package/msg/Name`` or ``package/Name``.

    Raises:
        CommandError: there is no such message.
    """
    return _get_interface(name, "msg")


def get_service(name: str) -> Any:
    """The Python class of a service, by ``package/srv/Name`` or ``package/Name``.

    Raises:
        CommandError: there is no such service.
    """
    return _get_interface(name, "srv")


def _get_interface(name: str, kind: str) -> Any:
    parts = name.split("/")
    word = _KIND_NAMES[kind]
    wrong = f"The passed {word} type is invalid: '{name}' is not"
    if len(parts) == 2:
        parts.insert(1, kind)
    if len(parts) != 3 or not all(parts) or parts[1] != kind:
        raise CommandError(f"{wrong} of the form package/{kind}/Name")
    package, _, short = parts
    try:
        return getattr(importlib.import_module(f"{package}.{kind}"), short)
    except (ImportError, AttributeError):
        raise CommandError(f"{wrong} a known {word} (see: ros2 interface list)") from None


def parse_yaml_dict(text: str) -> dict[str, Any]:
    """The mapping that `text` is in YAML.

    Raises:
        CommandError: the text is not YAML, or no mapping.
    """
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CommandError(f"The passed value is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise CommandError("The passed value needs to be a dictionary in YAML format")
    return values


def fill_message(msg: Any, text: str) -> list[StampSetter]:
    """Set the fields of a message from YAML text; see `set_message_fields`.

    Raises:
        CommandError: the text is no YAML mapping, or does not fit the message.
    """
    values = parse_yaml_dict(text)
    try:
        return set_message_fields(msg, values)
    except (AttributeError, TypeError, ValueError, OverflowError, AssertionError) as error:
        raise CommandError(f"Failed to populate field: {error}") from None


def set_message_fields(msg: Any, values: dict[str, Any]) -> list[StampSetter]:
    """Set the fields of a message from nested dicts and lists.

    ``auto`` for a Header and ``now`` for a Time leave it to the caller to set the stamp.

    Returns:
        One setter per such stamp; each takes a builtin_interfaces/Time.

    Raises:
        AttributeError: the message has no such field.
        TypeError, ValueError, AssertionError: a value does not fit its field.
    """
    if not isinstance(values, dict):
        raise TypeError(
            f"Value '{values}' is expected to be a dictionary but is a {type(values).__name__}"
        )
    stamps: list[StampSetter] = []
    types = dict(zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True))
    for name, value in values.items():
        current = getattr(msg, name)
        kind = types[name]
        full_name = "/".join(kind.namespaced_name()) if isinstance(kind, NamespacedType) else ""
        if full_name == "std_msgs/msg/Header" and value == "auto":
            stamps.append(partial(setattr, current, "stamp"))
        elif full_name == "builtin_interfaces/msg/Time" and value == "now":
            stamps.append(partial(setattr, msg, name))
        else:
            setattr(msg, name, _convert(value, kind, current, stamps))
    return stamps


def _convert(value: Any, kind: Any, current: Any, stamps: list[StampSetter]) -> Any:
    """`value` as what the field holds: `current` is an instance of that type."""
    if isinstance(kind, NamespacedType):
        stamps.extend(set_message_fields(current, value))
        return current
    if isinstance(current, array.array):
        return array.array(current.typecode, value)
    if isinstance(current, np.ndarray):
        return np.array(value, dtype=current.dtype)
    if isinstance(kind, AbstractNestedType) and isinstance(kind.value_type, NamespacedType):
        element = get_message("/".join(kind.value_type.namespaced_name()))
        return [_convert(item, kind.value_type, element(), stamps) for item in value]
    return value if type(value) is type(current) else type(current)(value)
