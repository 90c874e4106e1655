"""Nodes that are tried out in the process of the test, beside a node that plays all others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from deepracer_drive.messages import EVERY, LATCHED
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

WAIT = 90.0  # [s] until a test gives up
LATCHED_TOPICS = {"/drive/status", "/episode", "/policy/model", "/track/markers"}


def qos_of(topic: str) -> QoSProfile:
    return LATCHED if topic in LATCHED_TOPICS else EVERY


class Bench:
    """A node of ours that is tried out, and a node that plays all others."""

    def __init__(self) -> None:
        self.peer = Node("peer")
        self.heard: dict[str, list[Any]] = {}
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.peer)
        self.tried: Node | None = None
        self._others: list[Node] = []
        self._publishers: dict[str, Any] = {}

    def try_out(self, node: Node) -> None:
        self.tried = node
        self._executor.add_node(node)

    def add(self, node: Node) -> None:
        """Run another node beside the one that is tried out."""
        self._others.append(node)
        self._executor.add_node(node)

    def listen(self, kind: type, topic: str) -> list[Any]:
        self.heard[topic] = messages = []
        self.peer.create_subscription(kind, topic, messages.append, qos_of(topic))
        self.until(lambda: self.peer.count_publishers(topic))
        return messages

    def say(self, topic: str, message: Any) -> None:
        if topic not in self._publishers:
            publisher = self.peer.create_publisher(type(message), topic, qos_of(topic))
            self._publishers[topic] = publisher
            self.until(publisher.get_subscription_count)
        self._publishers[topic].publish(message)

    def call(self, kind: Any, service: str, **fields: Any) -> Any:
        client = self.peer.create_client(kind, service)
        self.until(client.service_is_ready)
        future = client.call_async(kind.Request(**fields))
        self.until(future.done)
        return future.result()

    def until(self, done: Callable[[], Any]) -> None:
        deadline = time.monotonic() + WAIT
        while not done():
            counts = {topic: len(messages) for topic, messages in self.heard.items()}
            assert time.monotonic() < deadline, counts
            self._executor.spin_once(timeout_sec=0.1)

    def close(self) -> None:
        self._executor.shutdown()
        if self.tried is not None:
            self.tried.destroy_node()
        for node in self._others:
            node.destroy_node()
        self.peer.destroy_node()


@contextmanager
def bench(**parameters: Any) -> Iterator[Bench]:
    """A bench for nodes that get these parameters, as on their command line."""
    arguments = ["--ros-args"]
    for name, value in parameters.items():
        arguments += ["-p", f"{name}:={value}"]
    rclpy.init(args=arguments)
    made = Bench()
    try:
        yield made
    finally:
        made.close()
        rclpy.try_shutdown()
