"""The type of a topic, for the verbs that subscribe to it."""

from __future__ import annotations

import time
from typing import Any

from rclpy.exceptions import InvalidTopicNameException
from rclpy.expand_topic_name import expand_topic_name
from rclpy.validate_full_topic_name import validate_full_topic_name

from ros2cli.command import CommandError
from ros2cli.graph import Graph
from ros2cli.interfaces import get_message

_POLL = 0.1


def full_topic_name(name: str) -> str:
    """The name with its leading slash: `ros2` lives in the root namespace.

    Raises:
        CommandError: it is not a valid topic name.
    """
    try:
        full = expand_topic_name(name, "ros2cli", "/")
        validate_full_topic_name(full)
    except (ValueError, InvalidTopicNameException) as error:
        raise CommandError(str(error)) from None
    return full


def topic_type(graph: Graph, topic: str) -> str | None:
    """The type of a topic by its full name; None if nobody publishes or subscribes it.

    Raises:
        CommandError: the topic is used with several types.
    """
    types = graph.topics(include_hidden=True).get(topic)
    if types is None:
        return None
    if len(types) > 1:
        raise CommandError(
            f"Cannot echo topic '{topic}', as it contains more than one type: [{', '.join(types)}]"
        )
    return types[0]


def warn_unpublished(topic: str) -> None:
    """Say that a topic does not exist, in the words of the full ROS 2."""
    print(f"WARNING: topic [{topic}] does not appear to be published yet")


def wait_for_message_class(graph: Graph, topic: str) -> Any:
    """The message class of a topic, as soon as somebody uses the topic."""
    name = topic_type(graph, topic)
    if name is None:
        warn_unpublished(topic)
    while name is None:
        time.sleep(_POLL)
        name = topic_type(graph, topic)
    return get_message(name)
