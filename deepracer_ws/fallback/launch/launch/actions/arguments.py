"""Declaration of the arguments of a launch file."""

from __future__ import annotations

from typing import NoReturn

from launch.action import Action
from launch.condition import Condition
from launch.launch_context import LaunchContext
from launch.logging import get_logger
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class DeclareLaunchArgument(Action):
    """Makes a launch configuration settable from outside, with a default, choices and a help text.

    Attributes:
        name: The launch configuration that holds the value.
        default_value: Value if none is given; None makes the argument required.
        description: Help text, which mentions the choices.
        choices: The allowed values, None allows any.
        conditionally_included: Whether it was found under a condition, where a missing value is no
            error before the condition holds; set by `LaunchDescription.get_launch_arguments`.
    """

    def __init__(
        self,
        name: str,
        *,
        default_value: SomeSubstitutionsType | None = None,
        description: str | None = None,
        choices: list[str] | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Declare the argument.

        Raises:
            RuntimeError: There are no choices, or the default is not one of them.
        """
        super().__init__(condition=condition)
        self.name = name
        self.default_value = (
            None if default_value is None else normalize_to_list_of_substitutions(default_value)
        )
        self.choices = choices
        self.description = _describe(description, choices)
        self.conditionally_included = False
        if choices is not None:
            self._check_choices(default_value, choices)

    def execute(self, context: LaunchContext) -> None:
        """Set the launch configuration to the default if it is not set.

        Raises:
            RuntimeError: It is neither set nor has a default, or it is not one of the choices.
        """
        configurations = context.launch_configurations
        if self.name not in configurations:
            if self.default_value is None:
                get_logger("launch.actions.declare_launch_argument").error(
                    'Required launch argument "%s" (description: "%s") was not provided',
                    self.name,
                    self.description,
                )
                raise RuntimeError(f'Required launch argument "{self.name}" was not provided.')
            configurations[self.name] = perform_substitutions(context, self.default_value)
        if self.choices is not None and configurations[self.name] not in self.choices:
            _fail(
                f'Argument "{self.name}" provided value "{configurations[self.name]}" is not '
                f"valid. Valid options are: {self.choices}"
            )

    def _check_choices(
        self, default_value: SomeSubstitutionsType | None, choices: list[str]
    ) -> None:
        if not choices:
            _fail("Provided choices arg is empty. Use None to ignore the choice list.")
        known = default_value is not None and not isinstance(default_value, (Substitution, list))
        if known and default_value not in choices:
            _fail(
                f'Provided default_value "{default_value}" is not in provided choices "{choices}".'
            )


def _describe(description: str | None, choices: list[str] | None) -> str:
    if description is None:
        return "no description given" if choices is None else f"One of: {choices}"
    if choices is None:
        return description
    stop = "" if description.endswith(".") else "."
    return f"{description}{stop} Valid choices are: {choices}"


def _fail(message: str) -> NoReturn:
    """Log and raise."""
    get_logger("launch.actions.declare_launch_argument").error("%s", message)
    raise RuntimeError(message)
