"""Spins a node with a fraction of the time that rclpy's executors take for each message.

The executors of rclpy collect anew what to wait for before each callback and once more after it:
about 0.25 ms of computing for each message, more than most of our callbacks need. A step of the
graph passes half a dozen messages on, and in a car the policy computes on the same cores.

Here messages are given to their callbacks at once, and what to wait for is collected only when the
node has changed. All other work (timers, services, clients, futures) is left to the executor.
"""

from __future__ import annotations

from contextlib import ExitStack
from itertools import chain
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.node import Node

WAKE_PERIOD = 200_000_000
"""Longest wait for work [ns]: rclpy loses a SIGTERM that comes just before it begins to wait."""

KINDS = ("subscription", "guard_condition", "timer", "client", "service")
"""What can be waited for, in the order of rclpy's wait set."""

WAIT_SET: Any = rclpy_implementation.WaitSet
"""rclpy's own wait set; there is no public one."""

Entities = dict[str, list[Any]]
"""Subscriptions and so on of a node, by `KINDS`."""


INNER_PARTS = ("_guard", "_tasks")
"""What `MessageExecutor` uses of rclpy's executor beyond its public interface."""


def spin(node: Node) -> None:
    """Run a node's callbacks until ROS is shut down, by rclpy's own executor if it must be."""
    if fits_rclpy():
        MessageExecutor(node).spin()
        return
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok():
        executor.spin_once(timeout_sec=WAKE_PERIOD / 1e9)


def fits_rclpy() -> bool:
    """Whether rclpy has the inner parts that `MessageExecutor` was written for (tried: Kilted)."""
    executor = SingleThreadedExecutor()
    has_parts = all(hasattr(executor, part) for part in INNER_PARTS)
    return has_parts and all(hasattr(WAIT_SET, f"add_{kind}") for kind in KINDS)


class MessageExecutor(SingleThreadedExecutor):
    """Runs the callbacks of one node in the thread that calls `spin`.

    Of the messages that have come, one of each topic is taken in turn, in the order in which the
    subscriptions were made. Their callbacks take the message alone and are no coroutines.
    """

    def __init__(self, node: Node) -> None:
        """Execute the callbacks of `node`."""
        super().__init__()
        self.add_node(node)
        self._only_node = node

    def spin(self) -> None:
        """Run callbacks until ROS is shut down."""
        try:
            while rclpy.ok():
                self._spin_while_unchanged()
        except rclpy_implementation.RCLError:  # shut down between two looks
            if rclpy.ok():
                raise

    def _spin_while_unchanged(self) -> None:
        """Run callbacks as long as the node has the same subscriptions and so on."""
        entities = self._entities()
        sizes = [len(entities[kind]) for kind in KINDS]
        no_events = 0  # of QoS: the executor looks for them whenever it is called
        with ExitStack() as held:  # nothing is freed while it is waited for
            for entity in chain.from_iterable(entities.values()):
                held.enter_context(entity.handle)
            held.enter_context(self.context.handle)
            wait_set = WAIT_SET(*sizes, no_events, self.context.handle)
            while rclpy.ok() and entities == self._entities():
                self._work(wait_set, entities)

    def _work(self, wait_set: Any, entities: Entities) -> None:
        """Wait until something has come, and do what there is to do."""
        wait_set.clear_entities()
        for kind, found in entities.items():
            add = getattr(wait_set, f"add_{kind}")
            for entity in found:
                add(entity.handle)
        wait_set.wait(WAKE_PERIOD)
        if not rclpy.ok():
            return
        ready = {kind: wait_set.get_ready_entities(kind) for kind in KINDS}
        messages = ready.pop("subscription")
        for subscription in entities["subscription"]:
            if subscription.handle.pointer in messages:
                _take(subscription)
        is_idle = not messages and not any(ready.values())
        # The executor triggers its guard condition also after each work that it has done itself.
        own = self._guard.handle.pointer
        others = [found for kind in ready.values() for found in kind if found != own]
        if is_idle or others or self._tasks:
            self.spin_once(timeout_sec=0.0)

    def _entities(self) -> Entities:
        """What the node has now; the guard condition tells that a future is done."""
        node = self._only_node
        guards = [*node.guards, self._guard]
        found = (node.subscriptions, guards, node.timers, node.clients, node.services)
        return dict(zip(KINDS, map(list, found)))


def _take(subscription: Any) -> None:
    """Give a message to its callback, if it is still there."""
    taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
    if taken is not None:
        subscription.callback(taken[0])
