"""`ros2 lifecycle nodes|get|set|list`: managed nodes and their states."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lifecycle_msgs.msg import Transition, TransitionDescription
from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions, GetState

from ros2cli.arguments import add_listing_options, add_node_name, print_listing
from ros2cli.command import CommandError
from ros2cli.graph import Graph, add_discovery_arguments, discovered
from ros2cli.service_calls import call

_STATE_TYPE = "lifecycle_msgs/srv/GetState"
_STATE_SUFFIX = "/get_state"


def _lifecycle_nodes(graph: Graph, *, include_hidden: bool) -> list[str]:
    return [
        name.removesuffix(_STATE_SUFFIX)
        for name, types in graph.services(include_hidden=include_hidden).items()
        if _STATE_TYPE in types and name.endswith(_STATE_SUFFIX)
    ]


def _find(graph: Graph, args: argparse.Namespace) -> str:
    """The full name of the node that was asked for, which has to be a managed node."""
    name = str(args.node_name)
    full = name if name.startswith("/") else f"/{name}"
    if full not in _lifecycle_nodes(graph, include_hidden=args.include_hidden_nodes):
        raise CommandError("Node not found")
    return full


def add_nodes_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 lifecycle nodes`."""
    add_discovery_arguments(parser)
    add_listing_options(parser, "nodes")


def run_nodes(args: argparse.Namespace) -> None:
    """Print the managed nodes, one a line."""
    with discovered(args) as graph:
        names = _lifecycle_nodes(graph, include_hidden=args.include_hidden)
    print_listing(args, names)


def add_get_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 lifecycle get`."""
    add_discovery_arguments(parser)
    add_node_name(parser, nargs="?")


def run_get(args: argparse.Namespace) -> None:
    """Print the state of one managed node, or of all."""
    with discovered(args) as graph:
        if args.node_name:
            nodes = [_find(graph, args)]
        else:
            nodes = _lifecycle_nodes(graph, include_hidden=args.include_hidden_nodes)
        for name in nodes:
            state = call(graph, GetState, name + _STATE_SUFFIX, GetState.Request()).current_state
            prefix = "" if args.node_name else f"{name}: "
            print(f"{prefix}{state.label} [{state.id}]")


def _transitions(graph: Graph, node: str, service: str) -> list[TransitionDescription]:
    request = GetAvailableTransitions.Request()
    response = call(graph, GetAvailableTransitions, f"{node}/{service}", request)
    return list(response.available_transitions)


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 lifecycle list`."""
    add_discovery_arguments(parser)
    add_node_name(parser)
    parser.add_argument("-a", "--all", action="store_true", help="Display all existing transitions")


def run_list(args: argparse.Namespace) -> None:
    """Print the transitions that are possible now, or with `-a` all of them."""
    service = "get_transition_graph" if args.all else "get_available_transitions"
    with discovered(args) as graph:
        for item in _transitions(graph, _find(graph, args), service):
            print(f"- {item.transition.label} [{item.transition.id}]")
            print(f"\tStart: {item.start_state.label}\n\tGoal: {item.goal_state.label}")


def add_set_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 lifecycle set`."""
    add_discovery_arguments(parser)
    add_node_name(parser)
    parser.add_argument("transition", help="The lifecycle transition, by label or id")


def run_set(args: argparse.Namespace) -> None:
    """Ask a managed node for a transition.

    Raises:
        CommandError: it is not possible now, or the node failed to do it.
    """
    with discovered(args) as graph:
        node = _find(graph, args)
        available = _transitions(graph, node, "get_available_transitions")
        request = ChangeState.Request()
        request.transition = _select([item.transition for item in available], args.transition)
        if not call(graph, ChangeState, f"{node}/change_state", request).success:
            raise CommandError("Transitioning failed")
        print("Transitioning successful")


def _select(available: Sequence[Transition], wanted: str) -> Transition:
    for transition in available:
        if wanted in (transition.label, str(transition.id)):
            return transition
    lines = [f"- {transition.label} [{transition.id}]" for transition in available]
    raise CommandError("\n".join(["Unknown transition requested, available ones are:", *lines]))
