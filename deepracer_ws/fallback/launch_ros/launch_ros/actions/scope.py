"""What all nodes get that are started later in the same scope.

It is kept in the launch configurations, so that a `GroupAction` limits it to the group.
"""

from __future__ import annotations

from typing import Any

from launch import Action, Condition, LaunchContext, SomeSubstitutionsType
from launch.substitutions import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch_ros._names import make_absolute, prefix_namespace, validate_namespace
from launch_ros._parameters import evaluate_parameter_dict, normalize_parameter_dict

NAMESPACE = "ros_namespace"
PARAMETERS = "global_params"  # a list of (name, value) and of paths of parameter files
REMAPS = "ros_remaps"  # a list of (from, to)


class PushROSNamespace(Action):
    """Puts nodes into a namespace below the present one, or into an absolute one."""

    def __init__(
        self, namespace: SomeSubstitutionsType, *, condition: Condition | None = None
    ) -> None:
        """Keep the namespace."""
        super().__init__(condition=condition)
        self.namespace = normalize_to_list_of_substitutions(namespace)

    def execute(self, context: LaunchContext) -> None:
        """Join it to the present one.

        Raises:
            SubstitutionFailure: The result is no valid namespace.
        """
        pushed = perform_substitutions(context, self.namespace)
        previous = context.launch_configurations.get(NAMESPACE)
        namespace = make_absolute(prefix_namespace(previous, pushed))
        assert namespace is not None  # `pushed` is text
        try:
            validate_namespace(namespace)
        except ValueError as error:
            raise SubstitutionFailure(
                "The resulting namespace is invalid: "
                f"[previous_namespace='{previous}', pushed_namespace='{pushed}']. {error}"
            ) from error
        context.launch_configurations[NAMESPACE] = namespace


class SetParameter(Action):
    """Sets a parameter of nodes; parameters of a node itself come after it."""

    def __init__(
        self, name: SomeSubstitutionsType, value: Any, *, condition: Condition | None = None
    ) -> None:
        """Keep the parameter.

        Raises:
            TypeError: The value has a type that parameters cannot have.
        """
        super().__init__(condition=condition)
        key = tuple(normalize_to_list_of_substitutions(name))
        self._parameter = normalize_parameter_dict({key: value})

    def execute(self, context: LaunchContext) -> None:
        """Add the parameter."""
        for item in evaluate_parameter_dict(context, self._parameter).items():
            _append(context, PARAMETERS, item)


class SetParametersFromFile(Action):
    """Gives a parameter file to nodes."""

    def __init__(
        self, filename: SomeSubstitutionsType, *, condition: Condition | None = None
    ) -> None:
        """Keep the path."""
        super().__init__(condition=condition)
        self._filename = normalize_to_list_of_substitutions(filename)

    def execute(self, context: LaunchContext) -> None:
        """Add the file."""
        _append(context, PARAMETERS, perform_substitutions(context, self._filename))


class SetRemap(Action):
    """Adds a remapping rule to nodes, before their own."""

    def __init__(
        self,
        src: SomeSubstitutionsType,
        dst: SomeSubstitutionsType,
        *,
        condition: Condition | None = None,
    ) -> None:
        """Keep the names."""
        super().__init__(condition=condition)
        self.src = normalize_to_list_of_substitutions(src)
        self.dst = normalize_to_list_of_substitutions(dst)

    def execute(self, context: LaunchContext) -> None:
        """Add the rule."""
        rule = perform_substitutions(context, self.src), perform_substitutions(context, self.dst)
        _append(context, REMAPS, rule)


def _append(context: LaunchContext, key: str, item: Any) -> None:
    """Append to a list in the launch configurations, which outer scopes must not see change."""
    context.launch_configurations[key] = [*context.launch_configurations.get(key, []), item]
