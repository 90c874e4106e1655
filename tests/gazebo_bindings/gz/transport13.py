"""Stands in for gz.transport13: topics and services over sockets between processes.

Names and arguments of `Node` and `Publisher` are those of gz-transport's python/src/__init__.py;
like there, callbacks run in a thread of the node, and the interpreter's lock is held by a request
while it waits, which is imitated by refusing requests of a node that subscribes.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from typing import Any


def address() -> str:
    """Of the hub of this partition."""
    return f"\0gz-transport-{os.environ['GZ_PARTITION']}"


class Publisher:
    def __init__(self, node: Node, topic: str) -> None:
        self._node, self._topic = node, topic

    def publish(self, message: Any) -> bool:
        self._node._send("publish", self._topic, message)
        return True

    def has_connections(self) -> bool:
        return self._topic in self._node._ask("subscribed")


class Node:
    def __init__(self) -> None:
        self._talk: Connection = Client(address(), "AF_UNIX")
        self._lock = threading.Lock()
        self._callbacks: dict[str, Callable[[Any], None]] = {}
        self._listen: Connection | None = None

    def advertise(self, topic: str, msg_type: type) -> Publisher:
        assert isinstance(msg_type(), object)
        return Publisher(self, topic)

    def subscribe(self, msg_type: type, topic: str, callback: Callable[[Any], None]) -> bool:
        self._callbacks[topic] = callback
        if self._listen is None:
            self._listen = Client(address(), "AF_UNIX")
            threading.Thread(target=self._hear, args=(self._listen,), daemon=True).start()
        self._listen.send(("subscribe", topic, msg_type.__name__))
        return True

    def unsubscribe(self, topic: str) -> bool:
        assert self._listen is not None
        self._listen.send(("unsubscribe", topic, ""))
        return self._callbacks.pop(topic, None) is not None

    def service_list(self) -> list[str]:
        return self._ask("services")

    def request(
        self, service: str, request: Any, request_type: type, response_type: type, timeout: int
    ) -> tuple[bool, Any]:
        if self._callbacks:
            raise RuntimeError("request() and subscriptions in one process come to a stand")
        assert type(request) is request_type
        answer = self._ask("call", service, request, timeout)
        return answer is not None, response_type(data=bool(answer))

    def _send(self, *words: Any) -> None:
        with self._lock:
            self._talk.send(words)

    def _ask(self, *words: Any) -> Any:
        with self._lock:
            self._talk.send(words)
            return self._talk.recv()

    def _hear(self, connection: Connection) -> None:
        while True:
            try:
                topic, message = pickle.loads(connection.recv_bytes())
            except (EOFError, OSError):
                return
            if callback := self._callbacks.get(topic):
                callback(message)
