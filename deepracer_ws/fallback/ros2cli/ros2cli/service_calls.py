"""Calling the services of nodes."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.task import Future

from ros2cli.command import CommandError
from ros2cli.graph import Graph
from ros2cli.participant import spin

# A service is matched at the latest after an announcement period of Fast DDS (3 s) [s].
_MATCH_TIMEOUT = 5.0
# Parameter and lifecycle services answer at once unless their node hangs [s].
_ANSWER_TIMEOUT = 10.0


def node_seeing_service(graph: Graph, service: str) -> Node:
    """The scout that has discovered a service, if any has."""
    return graph.best(lambda scout: service in dict(scout.get_service_names_and_types()))


def wait_for_answer(node: Node, future: Future, what: str) -> Any:
    """The response of a service call.

    Raises:
        CommandError: no answer in time.
    """
    if not spin(node, until=future.done, timeout=_ANSWER_TIMEOUT):
        raise CommandError(
            f"No answer from {what} within {_ANSWER_TIMEOUT:.0f} s: is its node hanging?"
        )
    return future.result()


def call(graph: Graph, kind: Any, service: str, request: Any) -> Any:
    """Call a service once.

    Args:
        graph: where to find it.
        kind: the class of the service.
        service: its name.
        request: an instance of ``kind.Request``.

    Raises:
        CommandError: the service is not there, or does not answer in time.
    """
    node = node_seeing_service(graph, service)
    client = node.create_client(kind, service)
    if not spin(node, until=client.service_is_ready, timeout=_MATCH_TIMEOUT):
        raise CommandError(f"Service '{service}' is not available")
    return wait_for_answer(node, client.call_async(request), f"service '{service}'")
