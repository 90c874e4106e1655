"""Check that data is plain Python; anything else would change on its way to the child."""

from __future__ import annotations

from typing import Any

from deepracer_core.errors import ConfigError

_ATOMS = (bool, int, float, str, type(None))


def check_plain(value: Any, place: str) -> None:
    """Walk through lists, tuples and dictionaries.

    Args:
        value: The data.
        place: What messages call it.

    Raises:
        ConfigError: something in it is no bool, int, float, str, None, list, tuple or dict.
    """
    kind = type(value)
    if kind in (list, tuple):
        for index, item in enumerate(value):
            check_plain(item, f"{place}[{index}]")
    elif kind is dict:
        for key, item in value.items():
            check_plain(item, f"{place}[{key!r}]")
    elif kind not in _ATOMS:
        raise ConfigError(
            f"{place} is of type {kind.__module__}.{kind.__qualname__}: "
            "pass plain Python numbers, strings, lists and dictionaries (numpy: .tolist())"
        )
