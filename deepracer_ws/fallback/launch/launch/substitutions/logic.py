"""Substitutions that decide; the truth values are written `true` and `false`."""

from __future__ import annotations

import math
from typing import Any

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions.failure import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import is_substitution, perform_typed_substitution


class NotSubstitution(Substitution):
    """The opposite of a truth value."""

    def __init__(self, value: SomeSubstitutionsType) -> None:
        """Keep the value."""
        self.value = normalize_to_list_of_substitutions(value)

    def perform(self, context: LaunchContext) -> str:
        """Return the opposite."""
        return _text(not _truth(context, self.value))


class AllSubstitution(Substitution):
    """Whether all values are true."""

    def __init__(self, *args: SomeSubstitutionsType) -> None:
        """Keep the values."""
        self.args = [normalize_to_list_of_substitutions(arg) for arg in args]

    def perform(self, context: LaunchContext) -> str:
        """Combine the values."""
        return _text(all(_truths(context, self.args)))


class AnySubstitution(Substitution):
    """Whether any value is true."""

    def __init__(self, *args: SomeSubstitutionsType) -> None:
        """Keep the values."""
        self.args = [normalize_to_list_of_substitutions(arg) for arg in args]

    def perform(self, context: LaunchContext) -> str:
        """Combine the values."""
        return _text(any(_truths(context, self.args)))


class AndSubstitution(AllSubstitution):
    """Whether both values are true."""

    def __init__(self, left: SomeSubstitutionsType, right: SomeSubstitutionsType) -> None:
        """Keep the values."""
        super().__init__(left, right)


class OrSubstitution(AnySubstitution):
    """Whether one of the values is true."""

    def __init__(self, left: SomeSubstitutionsType, right: SomeSubstitutionsType) -> None:
        """Keep the values."""
        super().__init__(left, right)


class EqualsSubstitution(Substitution):
    """Whether two values are the same truth value, numbers that are close, or the same text."""

    def __init__(self, left: Any | None, right: Any | None) -> None:
        """Keep the values: substitutions, or what becomes text; None is empty text."""
        self.left = _normalize_operand(left)
        self.right = _normalize_operand(right)

    def perform(self, context: LaunchContext) -> str:
        """Compare."""
        left = perform_substitutions(context, self.left)
        right = perform_substitutions(context, self.right)
        return _text(_equal(left, right))


class NotEqualsSubstitution(EqualsSubstitution):
    """The opposite of `EqualsSubstitution`."""

    def perform(self, context: LaunchContext) -> str:
        """Compare."""
        return _text(super().perform(context) == "false")


class IfElseSubstitution(Substitution):
    """One of two values, chosen by a truth value."""

    def __init__(
        self,
        condition: SomeSubstitutionsType,
        if_value: SomeSubstitutionsType = "",
        else_value: SomeSubstitutionsType = "",
    ) -> None:
        """Keep the condition and both values.

        Raises:
            RuntimeError: Neither value is given.
        """
        if if_value == else_value == "":
            raise RuntimeError("One of if_value and else_value must be specified")
        self.condition = normalize_to_list_of_substitutions(condition)
        self.if_value = normalize_to_list_of_substitutions(if_value)
        self.else_value = normalize_to_list_of_substitutions(else_value)

    def perform(self, context: LaunchContext) -> str:
        """Perform the chosen value."""
        chosen = self.if_value if _truth(context, self.condition) else self.else_value
        return perform_substitutions(context, chosen)


def _text(value: bool) -> str:
    return str(value).lower()


def _truth(context: LaunchContext, value: list[Substitution]) -> bool:
    """Return the truth value that `value` performs to.

    Raises:
        SubstitutionFailure: It is none by YAML rules: true, false, yes, no, on or off.
    """
    try:
        return bool(perform_typed_substitution(context, value, bool))
    except ValueError as error:
        raise SubstitutionFailure(str(error)) from error


def _truths(context: LaunchContext, values: list[list[Substitution]]) -> list[bool]:
    """Return the truth values of all `values`, so that a broken one is always noticed."""
    return [_truth(context, value) for value in values]


def _normalize_operand(value: Any | None) -> list[Substitution]:
    if value is None:
        value = ""
    elif isinstance(value, bool):
        value = _text(value)
    elif not is_substitution(value):
        value = str(value)
    return normalize_to_list_of_substitutions(value)


def _equal(left: str, right: str) -> bool:
    truths = {"true": True, "1": True, "false": False, "0": False}
    if left.lower() in truths and right.lower() in truths:
        return truths[left.lower()] == truths[right.lower()]
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right
