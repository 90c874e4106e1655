"""`ros2 param list|get|set|dump|describe|load`: parameters of running nodes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from rcl_interfaces.msg import Parameter, ParameterDescriptor, ParameterType
from rclpy.parameter import get_parameter_value, parameter_value_to_python
from rclpy.parameter_client import AsyncParameterClient

from ros2cli.arguments import add_node_name
from ros2cli.command import CommandError
from ros2cli.graph import Graph, add_discovery_arguments, discovered
from ros2cli.participant import spin
from ros2cli.service_calls import node_seeing_service, wait_for_answer

_MATCH_TIMEOUT = 5.0

# By ParameterType: the word of `describe`, the label of `get`, the field of ParameterValue.
_TYPES: dict[int, tuple[str, str, str]] = {
    ParameterType.PARAMETER_BOOL: ("boolean", "Boolean value is:", "bool_value"),
    ParameterType.PARAMETER_INTEGER: ("integer", "Integer value is:", "integer_value"),
    ParameterType.PARAMETER_DOUBLE: ("double", "Double value is:", "double_value"),
    ParameterType.PARAMETER_STRING: ("string", "String value is:", "string_value"),
    ParameterType.PARAMETER_BYTE_ARRAY: ("byte array", "Byte values are:", "byte_array_value"),
    ParameterType.PARAMETER_BOOL_ARRAY: (
        "boolean array",
        "Boolean values are:",
        "bool_array_value",
    ),
    ParameterType.PARAMETER_INTEGER_ARRAY: (
        "integer array",
        "Integer values are:",
        "integer_array_value",
    ),
    ParameterType.PARAMETER_DOUBLE_ARRAY: (
        "double array",
        "Double values are:",
        "double_array_value",
    ),
    ParameterType.PARAMETER_STRING_ARRAY: (
        "string array",
        "String values are:",
        "string_array_value",
    ),
    ParameterType.PARAMETER_NOT_SET: ("not set", "Parameter not set.", ""),
}


class _Remote:
    """The parameter services of one node, called and waited for."""

    def __init__(self, graph: Graph, name: str) -> None:
        self.name = name
        self._node = node_seeing_service(graph, f"{name}/list_parameters")
        self._client = AsyncParameterClient(self._node, name)
        if not spin(self._node, until=self._client.services_are_ready, timeout=_MATCH_TIMEOUT):
            raise CommandError(f"Node '{name}' has no parameter services")

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of AsyncParameterClient and wait for the response."""
        future = getattr(self._client, method)(*arguments)
        return wait_for_answer(self._node, future, f"the parameter services of '{self.name}'")

    def names(self, prefixes: list[str] | None = None) -> list[str]:
        """Parameter names, sorted."""
        # depth 0: recursive.
        return sorted(self.call("list_parameters", prefixes or [], 0).result.names)


@contextmanager
def _remote(args: argparse.Namespace) -> Iterator[_Remote]:
    name = args.node_name if args.node_name.startswith("/") else f"/{args.node_name}"
    with discovered(args) as graph:
        if name not in graph.nodes(include_hidden=args.include_hidden_nodes):
            raise CommandError("Node not found")
        yield _Remote(graph, name)


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 param list`."""
    add_discovery_arguments(parser)
    add_node_name(parser, nargs="?")
    parser.add_argument(
        "--param-prefixes",
        nargs="+",
        default=[],
        help="Only list parameters with the provided prefixes",
    )
    parser.add_argument(
        "--param-type", action="store_true", help="Print parameter types with parameter names"
    )


def run_list(args: argparse.Namespace) -> None:
    """Print parameter names of one node, or of all under a line with the node's name."""
    if args.node_name:
        with _remote(args) as remote:
            _print_names(remote, args)
        return
    with discovered(args) as graph:
        services = graph.services(include_hidden=args.include_hidden_nodes)
        for node in graph.nodes(include_hidden=args.include_hidden_nodes):
            if f"{node}/list_parameters" in services:
                print(f"{node}:")
                _print_names(_Remote(graph, node), args)


def _print_names(remote: _Remote, args: argparse.Namespace) -> None:
    names = remote.names(args.param_prefixes)
    if not args.param_type:
        print("".join(f"  {name}\n" for name in names), end="")
        return
    for descriptor in remote.call("describe_parameters", names).descriptors:
        print(f"  {descriptor.name} (type: {_TYPES[descriptor.type][0]})")


def add_get_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 param get`."""
    add_discovery_arguments(parser)
    add_node_name(parser)
    parser.add_argument("parameter_name", help="Name of the parameter")
    parser.add_argument("--hide-type", action="store_true", help="Hide the type information")


def run_get(args: argparse.Namespace) -> None:
    """Print the value of a parameter.

    Raises:
        CommandError: the node does not have it.
    """
    with _remote(args) as remote:
        values = remote.call("get_parameters", [args.parameter_name]).values
    if not values:
        raise CommandError("Parameter not set")
    _, label, field = _TYPES[values[0].type]
    # Arrays are printed as Python shows them, as the full ROS 2 does.
    value = getattr(values[0], field, "")
    print(value if args.hide_type else f"{label} {value}".rstrip())


def add_set_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 param set`."""
    add_discovery_arguments(parser)
    add_node_name(parser)
    parser.add_argument("parameter_name", help="Name of the parameter")
    parser.add_argument("value", help="Value of the parameter")


def run_set(args: argparse.Namespace) -> None:
    """Set a parameter; the value is read as YAML.

    Raises:
        CommandError: the node refuses it.
    """
    parameter = Parameter(name=args.parameter_name, value=get_parameter_value(args.value))
    with _remote(args) as remote:
        result = remote.call("set_parameters", [parameter]).results[0]
    reason = f": {result.reason}" if result.reason else ""
    if not result.successful:
        raise CommandError(f"Setting parameter failed{reason}")
    print(f"Set parameter successful{reason}")


def add_dump_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 param dump`."""
    add_discovery_arguments(parser)
    add_node_name(parser)


def run_dump(args: argparse.Namespace) -> None:
    """Print all parameters of a node as a parameter file."""
    with _remote(args) as remote:
        names = remote.names()
        values = remote.call("get_parameters", names).values
    tree: dict[str, Any] = {}
    for name, value in zip(names, values):
        *parents, leaf = name.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        plain = parameter_value_to_python(value)
        branch[leaf] = plain if isinstance(plain, (bool, int, float, str)) else list(plain or [])
    print(yaml.dump({remote.name: {"ros__parameters": tree}}, default_flow_style=False))


def add_describe_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 param describe`."""
    add_discovery_arguments(parser)
    add_node_name(parser)
    parser.add_argument("parameter_names", nargs="+", help="Names of the parameters")


def run_describe(args: argparse.Namespace) -> None:
    """Print type, description and constraints of parameters."""
    with _remote(args) as remote:
        for descriptor in remote.call("describe_parameters", args.parameter_names).descriptors:
            print("\n".join(_description(descriptor)))


def _description(descriptor: ParameterDescriptor) -> Iterator[str]:
    yield f"Parameter name: {descriptor.name}"
    yield f"  Type: {_TYPES[descriptor.type][0]}"
    if descriptor.description:
        yield f"  Description: {descriptor.description}"
    yield "  Constraints:"
    if descriptor.read_only:
        yield "    Read only: true"
    for bounds in [*descriptor.floating_point_range, *descriptor.integer_range][:1]:
        yield f"    Min value: {bounds.from_value}"
        yield f"    Max value: {bounds.to_value}"
        if bounds.step:
            yield f"    Step: {bounds.step}"
    if descriptor.additional_constraints:
        yield f"    Additional constraints: {descriptor.additional_constraints}"


def add_load_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 param load`."""
    add_discovery_arguments(parser)
    add_node_name(parser)
    parser.add_argument("parameter_file", type=Path, help="Parameter file")
    parser.add_argument(
        "--no-use-wildcard",
        action="store_true",
        help="Do not load parameters in the '/**' namespace into the node",
    )


def run_load(args: argparse.Namespace) -> int:
    """Set all parameters that a file has for a node; exit with 1 if the node refuses some.

    Raises:
        CommandError: the file cannot be read or has nothing for the node.
    """
    from rclpy.parameter import parameter_dict_from_yaml_file

    with _remote(args) as remote:
        try:
            parameters = parameter_dict_from_yaml_file(
                str(args.parameter_file), not args.no_use_wildcard, target_nodes=[remote.name]
            )
        except (OSError, RuntimeError, yaml.YAMLError) as error:
            raise CommandError(f"Cannot load {args.parameter_file}: {error}") from None
        results = remote.call("set_parameters", list(parameters.values())).results
    for name, result in zip(parameters, results):
        reason = f": {result.reason}" if result.reason else ""
        if result.successful:
            print(f"Set parameter {name} successful{reason}")
        else:
            print(f"Set parameter {name} failed{reason}", file=sys.stderr)
    return 0 if all(result.successful for result in results) else 1
