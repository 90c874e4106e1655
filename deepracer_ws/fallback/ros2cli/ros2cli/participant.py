"""A short-lived ROS node for one command, and spinning it so that signals end it soon."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

# A Python signal handler runs between two waits of the executor; this bounds how late [s].
_SIGNAL_LATENCY = 0.1


@contextmanager
def participant(name: str, *, use_sim_time: bool = False) -> Iterator[Node]:
    """A node with a DDS participant of its own.

    It has neither parameter services nor /rosout, so that looking at the graph changes it little.
    """
    context = Context()
    # Not rclpy's signal handlers: they end a context under the feet of the code that tidies up.
    rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node(
        name,
        context=context,
        use_global_arguments=False,
        enable_rosout=False,
        start_parameter_services=False,
        parameter_overrides=[Parameter("use_sim_time", value=True)] if use_sim_time else [],
    )
    try:
        yield node
    finally:
        node.destroy_node()
        context.try_shutdown()


def spin(
    node: Node, until: Callable[[], bool] = lambda: False, timeout: float | None = None
) -> bool:
    """Serve the callbacks of `node` until a condition holds.

    Args:
        node: the node.
        until: asked after each callback; the default never holds.
        timeout: how long to wait for it [s]; None: for ever, that is until a signal.

    Returns:
        Whether the condition holds.
    """
    end = None if timeout is None else time.monotonic() + timeout
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    try:
        while not until():
            wait = _SIGNAL_LATENCY if end is None else min(_SIGNAL_LATENCY, end - time.monotonic())
            if wait <= 0:
                return False
            executor.spin_once(timeout_sec=wait)
        return True
    finally:
        executor.remove_node(node)
        executor.shutdown()


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Make SIGTERM leave the block as SystemExit: a killed participant leaves files in /dev/shm."""

    def leave(signum: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + signum)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
