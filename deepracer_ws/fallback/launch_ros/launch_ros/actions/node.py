"""ROS nodes in a launch description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.actions import ExecuteProcess
from launch.logging import get_logger
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch_ros._names import (
    make_absolute,
    prefix_namespace,
    validate_namespace,
    validate_node_name,
)
from launch_ros._parameters import (
    dump_parameters,
    evaluate_parameter_dict,
    normalize_parameters,
)
from launch_ros.actions.scope import NAMESPACE, PARAMETERS, REMAPS
from launch_ros.parameter_descriptions import ParameterFile, write_temporary
from launch_ros.substitutions import ExecutableInPackage

_ANY_NODE = "/**"
_NODE_NAMES = "launched_node_names"  # global of the launch context: how often each name is used

_Rule = tuple[list[Substitution], list[Substitution]]


class Node(ExecuteProcess):
    """Runs a node: an executable of a package with the arguments that make it a configured node.

    Args:
        executable: Name of the executable in the package, or a path where there is no package.
        package: Package of the executable.
        name: Name of the node; by default that in its code.
        namespace: Namespace, relative to that of `PushROSNamespace` unless it is absolute.
        exec_name: Label of the process, the name of the executable by default.
        parameters: Dicts (nested ones are joined by dots), paths of parameter files, and
            `ParameterFile`s; later ones count.
        remappings: Pairs of names, from and to.
        ros_arguments: ROS arguments, for example `--log-level debug`.
        arguments: Other arguments.
        kwargs: Those of `ExecuteProcess`, except for `cmd` and `name`.
    """

    UNSPECIFIED_NODE_NAME = "<node_name_unspecified>"
    UNSPECIFIED_NODE_NAMESPACE = "<node_namespace_unspecified>"

    def __init__(
        self,
        *,
        executable: SomeSubstitutionsType,
        package: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        namespace: SomeSubstitutionsType | None = None,
        exec_name: SomeSubstitutionsType | None = None,
        parameters: list[Any] | None = None,
        remappings: Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]] | None = None,
        ros_arguments: list[SomeSubstitutionsType] | None = None,
        arguments: Iterable[SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep what to run and how.

        Raises:
            TypeError: Parameters or remappings have types that they cannot have.
        """
        ensure_argument_type(parameters, (list, type(None)), "parameters", "Node")
        ensure_argument_type(ros_arguments, (list, type(None)), "ros_arguments", "Node")
        program = (
            executable
            if package is None
            else ExecutableInPackage(package=package, executable=executable)
        )
        cmd: list[SomeSubstitutionsType] = [program, *(arguments or ())]
        if ros_arguments is not None:
            cmd += ["--ros-args", *ros_arguments]
        super().__init__(cmd=cmd, name=exec_name, **kwargs)
        self._name = None if name is None else normalize_to_list_of_substitutions(name)
        self._namespace = (
            None if namespace is None else normalize_to_list_of_substitutions(namespace)
        )
        self._parameters = normalize_parameters(parameters or [])
        self._remappings = [_normalize_remapping(rule) for rule in remappings or ()]
        self._node_name: str | None = None

    @property
    def node_name(self) -> str:
        """The full name; what the launch file leaves to the node is in angle brackets.

        Raises:
            RuntimeError: The action has not been executed yet.
        """
        if self._node_name is None:
            raise RuntimeError("cannot access 'node_name' before executing action")
        return self._node_name

    def is_node_name_fully_specified(self) -> bool:
        """Tell whether the launch file determines both name and namespace."""
        unspecified = (self.UNSPECIFIED_NODE_NAME, self.UNSPECIFIED_NODE_NAMESPACE)
        return not any(part in self.node_name for part in unspecified)

    def execute(self, context: LaunchContext) -> None:
        """Perform the substitutions and start the node."""
        arguments = [
            "--ros-args",
            *self._name_arguments(context),
            *self._parameter_arguments(context),
            *self._remap_arguments(context),
        ]
        self.cmd.extend(normalize_to_list_of_substitutions(text) for text in arguments)
        super().execute(context)
        if self.is_node_name_fully_specified():
            self._warn_of_namesakes(context)

    def _name_arguments(self, context: LaunchContext) -> list[str]:
        arguments = []
        name, namespace = self.UNSPECIFIED_NODE_NAME, None
        if self._name is not None:
            name = perform_substitutions(context, self._name)
            validate_node_name(name)
            arguments += ["-r", f"__node:={name}"]
        if self._namespace is not None:
            namespace = perform_substitutions(context, self._namespace)
        base = context.launch_configurations.get(NAMESPACE)
        namespace = make_absolute(prefix_namespace(base, namespace))
        if namespace is not None:
            validate_namespace(namespace)
            arguments += ["-r", f"__ns:={namespace}"]
        self._node_name = prefix_namespace(namespace or self.UNSPECIFIED_NODE_NAMESPACE, name)
        return arguments

    def _parameter_arguments(self, context: LaunchContext) -> list[str]:
        """Return the parameters of the scope, then those of the node, which override them."""
        arguments = []
        for item in context.launch_configurations.get(PARAMETERS, []):
            if isinstance(item, tuple):
                arguments += ["-p", f"{item[0]}:={item[1]}"]
            elif not Path(item).is_file():
                raise FileNotFoundError(f"SetParametersFromFile: '{item}' is not a file")
            else:
                arguments += ["--params-file", str(Path(item).absolute())]
        node = self.node_name if self.is_node_name_fully_specified() else _ANY_NODE
        for parameters in self._parameters:
            if isinstance(parameters, ParameterFile):
                path = parameters.evaluate(context)
            else:
                values = evaluate_parameter_dict(context, parameters)
                path = write_temporary(dump_parameters(node, values), owner=self)
            if path.is_file():
                arguments += ["--params-file", str(path)]
            else:
                get_logger("launch_ros.actions.node").warning(
                    "Parameter file path is not a file: %s", path
                )
        return arguments

    def _remap_arguments(self, context: LaunchContext) -> list[str]:
        rules = [
            *context.launch_configurations.get(REMAPS, []),
            *(
                (perform_substitutions(context, source), perform_substitutions(context, target))
                for source, target in self._remappings
            ),
        ]
        return [text for source, target in rules for text in ("-r", f"{source}:={target}")]

    def _warn_of_namesakes(self, context: LaunchContext) -> None:
        counts = context.get_locals_as_dict().get(_NODE_NAMES, Counter())
        counts[self.node_name] += 1
        context.extend_globals({_NODE_NAMES: counts})
        if counts[self.node_name] > 1:
            get_logger("launch_ros.actions.node").warning(
                "there are now at least %d nodes with the name %s created within this launch "
                "context",
                counts[self.node_name],
                self.node_name,
            )


def _normalize_remapping(rule: Any) -> _Rule:
    """Return a pair of names.

    Raises:
        TypeError: `rule` is no tuple of two.
    """
    ensure_argument_type(rule, tuple, "remap_rule")
    if len(rule) != 2:
        raise TypeError(f"remap_rule must be a tuple of length 2, got length {len(rule)}")
    source, target = rule
    return normalize_to_list_of_substitutions(source), normalize_to_list_of_substitutions(target)
