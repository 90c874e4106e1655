"""How every node of the stack starts and ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import rclpy
from deepracer_core.errors import DeepRacerError
from rclpy.exceptions import NotInitializedException
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from deepracer_drive.spinning import spin


def spin_until_shutdown(node_factory: Callable[[], Node]) -> int:
    """Make a node and run it until SIGINT, SIGTERM or a shutdown of ROS; call it in `main()`.

    The node is destroyed before this returns, so its `destroy_node` is the place to leave things in
    order: it runs to its end, since further SIGINTs are ignored from then on (`ros2 launch` passes
    on the one that the terminal already sent).

    Returns:
        The exit status: 0, or 1 after a DeepRacerError, whose message goes to stderr.
    """
    try:
        rclpy.init()
        node = node_factory()
        try:
            spin(node)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            node.destroy_node()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RuntimeError, NotInitializedException):
        # The errors of rclpy where a signal ended ROS while the node was being made.
        if rclpy.ok():
            raise
    except DeepRacerError as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        return 1
    finally:
        rclpy.try_shutdown()
        # rclpy restored the handlers of before its init
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return 0
