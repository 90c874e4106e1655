"""The fields of a JSON object, read by name and type; errors say where and how to repair it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from deepracer_core.errors import JsonError


class Fields:
    """The fields of one JSON object, read by name and type."""

    def __init__(self, value: Any, where: str = "") -> None:
        """Take an object.

        Args:
            value: What `loads` returned, or a part of it.
            where: Its place in the document, "" for the whole.

        Raises:
            JsonError: `value` is no object.
        """
        if not isinstance(value, dict):
            raise JsonError(f"{where or 'the document'} is {_kind(value)}: write an object {{...}}")
        self._values: dict[str, Any] = value
        self._where = where

    def __contains__(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self._values

    def place(self, name: str) -> str:
        """Where a field stands in the document."""
        return f"{self._where}.{name}" if self._where else name

    def allow_only(self, *names: str) -> None:
        """Refuse other fields.

        Raises:
            JsonError: there is another field.
        """
        for name in self._values:
            if name not in names:
                raise JsonError(
                    f"{self.place(name)!a} is an unknown field: remove it, or correct it to one "
                    f"of {', '.join(names)}"
                )

    def others(self, known: Collection[str]) -> dict[str, Any]:
        """All fields but those that are `known`."""
        return {name: value for name, value in self._values.items() if name not in known}

    def value(self, name: str) -> Any:
        """A field of any type.

        Raises:
            JsonError: it is missing.
        """
        if name not in self._values:
            raise JsonError(f"{self.place(name)} is missing: add it")
        return self._values[name]

    def number(self, name: str) -> float:
        """A number.

        Raises:
            JsonError: it is missing or no number.
        """
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise JsonError(f"{self.place(name)} is {_kind(value)}: write a number")
        return float(value)

    def integer(self, name: str) -> int:
        """An integer.

        Raises:
            JsonError: it is missing or no integer.
        """
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise JsonError(f"{self.place(name)} is {_kind(value)}: write an integer")
        return value

    def text(self, name: str) -> str:
        """A string.

        Raises:
            JsonError: it is missing or no string.
        """
        value = self.value(name)
        if not isinstance(value, str):
            raise JsonError(f"{self.place(name)} is {_kind(value)}: write a string")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings.

        Raises:
            JsonError: it is missing or no list of strings.
        """
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise JsonError(f"{self.place(name)} is {_kind(value)}: write a list of strings")
        return tuple(value)


def _kind(value: Any) -> str:
    """The type of a JSON value in JSON's words."""
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "true or false",
        int: "an integer",
        float: "a fraction",
    }
    return kinds.get(type(value), "null")
