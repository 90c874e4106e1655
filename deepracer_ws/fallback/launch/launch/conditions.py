"""Conditions for the `condition` argument of actions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from launch._missing import missing_names
from launch.condition import Condition
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = [
    "IfCondition",
    "InvalidConditionExpressionError",
    "LaunchConfigurationEquals",
    "LaunchConfigurationNotEquals",
    "UnlessCondition",
    "evaluate_condition_expression",
]

__getattr__ = missing_names(__name__, ["AndCondition", "OrCondition"])

_TRUE = ("true", "1")
_FALSE = ("false", "0")


class InvalidConditionExpressionError(ValueError):
    """Raised when the text of a condition is neither true nor false."""

    def __init__(
        self, expression: str, unexpanded_expression: list[Substitution], valid: Iterable[str]
    ) -> None:
        """Say what was expected and what came out of which substitutions."""
        source = " + ".join(sub.describe() for sub in unexpanded_expression)
        super().__init__(
            f"invalid condition expression, expected one of [{', '.join(valid)}] "
            f"but got '{expression}', expanded from '{source}'"
        )


def evaluate_condition_expression(
    context: LaunchContext, expression: SomeSubstitutionsType
) -> bool:
    """Return whether `expression` performs to `true` or `1`, in any case.

    Raises:
        InvalidConditionExpressionError: It performs to anything but true, 1, false or 0.
    """
    subs = normalize_to_list_of_substitutions(expression)
    text = perform_substitutions(context, subs)
    folded = text.strip().lower()
    if folded not in (*_TRUE, *_FALSE):
        raise InvalidConditionExpressionError(text, subs, (*_TRUE, *_FALSE))
    return folded in _TRUE


class IfCondition(Condition):
    """True when the expression performs to true."""

    def __init__(self, predicate_expression: SomeSubstitutionsType) -> None:
        """Keep the expression."""
        subs = normalize_to_list_of_substitutions(predicate_expression)
        super().__init__(predicate=lambda context: evaluate_condition_expression(context, subs))


class UnlessCondition(Condition):
    """True when the expression performs to false."""

    def __init__(self, predicate_expression: SomeSubstitutionsType) -> None:
        """Keep the expression."""
        subs = normalize_to_list_of_substitutions(predicate_expression)
        super().__init__(predicate=lambda context: not evaluate_condition_expression(context, subs))


class LaunchConfigurationEquals(Condition):
    """True when a launch configuration has the expected value; None expects that it is not set."""

    def __init__(
        self, launch_configuration_name: str, expected_value: SomeSubstitutionsType | None
    ) -> None:
        """Keep the name and the value; deprecated in ROS 2 in favour of `EqualsSubstitution`."""
        warnings.warn(
            f"{type(self).__name__} is deprecated, use IfCondition(EqualsSubstitution(...)) or "
            "IfCondition(NotEqualsSubstitution(...))",
            UserWarning,
            stacklevel=2,
        )
        self._name = launch_configuration_name
        self._expected = (
            None if expected_value is None else normalize_to_list_of_substitutions(expected_value)
        )
        super().__init__(predicate=self._equals)

    def _equals(self, context: LaunchContext) -> bool:
        expected = (
            None if self._expected is None else perform_substitutions(context, self._expected)
        )
        return context.launch_configurations.get(self._name) == expected


class LaunchConfigurationNotEquals(LaunchConfigurationEquals):
    """True when a launch configuration does not have the value."""

    def evaluate(self, context: LaunchContext) -> bool:
        """Return the opposite of `LaunchConfigurationEquals`."""
        return not super().evaluate(context)
