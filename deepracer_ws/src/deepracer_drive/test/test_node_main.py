"""Processes that run `spin_until_shutdown`, and what their ends look like from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest

WAIT = 30.0  # [s] until a test gives up

PROGRAM = """
import os, signal, sys
from deepracer_core.errors import ConfigError
from deepracer_drive.node_main import spin_until_shutdown
from rclpy.node import Node

class Probe(Node):
    def __init__(self):
        super().__init__("probe")
        self.create_timer(0.01, self.tick)

    def tick(self):
        {tick}

    def destroy_node(self):
        os.kill(os.getpid(), signal.SIGINT)
        print("left in order", flush=True)
        super().destroy_node()

def make():
    {make}
    return Probe()

sys.exit(spin_until_shutdown(make))
"""


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(tick: str = "pass", make: str = "pass") -> subprocess.Popen[str]:
        program = textwrap.dedent(PROGRAM).format(tick=tick, make=make)
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", program],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_node_in_order_even_when_a_second_one_follows(run, number):
    process = run(tick="print('up', flush=True)")
    assert process.stdout.readline() == "up\n"
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert stdout.endswith("left in order\n")
    assert "Traceback" not in stderr


def test_a_shutdown_of_ros_from_inside_ends_it_too(run):
    process = run(tick="import rclpy; rclpy.try_shutdown()")
    stdout, stderr = process.communicate(timeout=WAIT)
    assert (process.returncode, stdout) == (0, "left in order\n")
    assert "Traceback" not in stderr


def test_our_errors_are_one_line_and_status_1(run):
    process = run(make="raise ConfigError('speed: too fast; lower it')")
    stdout, stderr = process.communicate(timeout=WAIT)
    assert (process.returncode, stdout) == (1, "")
    assert stderr == "[ERROR] speed: too fast; lower it\n"


def test_our_errors_while_running_still_leave_things_in_order(run):
    process = run(tick="raise ConfigError('gone')")
    stdout, stderr = process.communicate(timeout=WAIT)
    assert (process.returncode, stdout) == (1, "left in order\n")
    assert stderr == "[ERROR] gone\n"


def test_a_bug_keeps_its_traceback(run):
    process = run(tick="self.missing()")
    stdout, stderr = process.communicate(timeout=WAIT)
    assert (process.returncode, stdout) == (1, "left in order\n")
    assert "AttributeError" in stderr


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("then", ["pass", "import time; time.sleep(0.2)"])
def test_a_signal_while_the_node_is_made_ends_it_quietly(run, number, then):
    # With the pause ROS is shut down when the node is made, without it often only afterwards.
    process = run(make=f"os.kill(os.getpid(), signal.{number}); {then}")
    _, stderr = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert "Traceback" not in stderr


def test_a_bug_in_the_making_keeps_its_traceback(run):
    process = run(make="raise RuntimeError('a bug')")
    _, stderr = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert "RuntimeError: a bug" in stderr
