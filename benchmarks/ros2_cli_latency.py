#!/usr/bin/env python3
"""How long `ros2` takes: to start, and to list the topics of three running nodes completely.

The aim: a complete `ros2 topic list` within 1 s on a quiet machine. Run it with the workspace set
up: `python benchmarks/ros2_cli_latency.py [calls]`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from report import print_machine

NODES = ["camera", "servo", "track"]
# What three rclpy nodes have in common.
EXPECTED = {"/parameter_events", "/rosout", *(f"/{name}_topic" for name in NODES)}
NODE_PROGRAM = """
import sys, rclpy
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node(sys.argv[1])
node.create_publisher(String, sys.argv[1] + "_topic", 1)
print("ready", flush=True)
sys.stdin.read()
"""
COMMANDS = {
    "ros2 --help": ["--help"],
    "ros2 pkg list": ["pkg", "list"],
    "ros2 topic list": ["topic", "list"],
    "ros2 node list": ["node", "list"],
    "ros2 topic list, LOCALHOST": ["topic", "list"],
}


@contextmanager
def running_nodes() -> Iterator[None]:
    """Three nodes in processes of their own, with their endpoints created."""
    nodes = [
        subprocess.Popen(
            [sys.executable, "-c", NODE_PROGRAM, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in NODES
    ]
    try:
        for node in nodes:
            assert node.stdout is not None
            node.stdout.readline()
        yield
    finally:
        for node in nodes:
            node.communicate("")


def run(words: list[str], env: dict[str, str]) -> tuple[float, set[str]]:
    """Wall time [s] of one `ros2` call, and the lines that it prints."""
    start = time.perf_counter()
    result = subprocess.run(["ros2", *words], env=env, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, set(result.stdout.splitlines())


def main() -> None:
    """Print the table."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    # A domain that nobody else on this machine is likely to use.
    os.environ["ROS_DOMAIN_ID"] = "101"
    print_machine("ros-rclpy")
    print(
        f"\n{calls} calls after one to warm up{'median [s]':>24}{'min-max [s]':>16}{'complete':>10}"
    )
    with running_nodes():
        for title, words in COMMANDS.items():
            local = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"} if "LOCALHOST" in title else {}
            env = {**os.environ, **local}
            run(words, env)
            results = [run(words, env) for _ in range(calls)]
            times = [seconds for seconds, _ in results]
            spread = f"{min(times):.2f}-{max(times):.2f}"
            complete = sum(lines >= EXPECTED for _, lines in results)
            shown = f"{complete}/{calls}" if words[0] == "topic" else ""
            print(f"{title:28}{statistics.median(times):>24.2f}{spread:>16}{shown:>10}")


if __name__ == "__main__":
    main()
