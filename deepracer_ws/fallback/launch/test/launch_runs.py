"""Ways to run launch descriptions in tests, through the public API only."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchService
from launch.actions import OpaqueFunction

DEADLINE = 20.0  # [s] far more than anything here takes

# What `ros2 launch` does with a file.
LAUNCHER = """
import sys
from launch import LaunchService
from launch.launch_description_sources import get_launch_description_from_any_launch_file
service = LaunchService(noninteractive=True)
service.include_launch_description(get_launch_description_from_any_launch_file(sys.argv[1]))
sys.exit(service.run())
"""


def run(*entities, service=None):
    """Launch `entities` in this process and return the exit code."""
    service = service or LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription(list(entities)))
    return service.run()


def perform(substitution, **configurations):
    """Return the text of a substitution where `configurations` are set."""
    context = LaunchContext()
    context.launch_configurations.update(configurations)
    return substitution.perform(context)


def record(into, *substitutions):
    """Return an action that appends the texts of `substitutions` to a list."""

    def append(context):
        into.append("".join(context.perform_substitution(sub) for sub in substitutions))

    return OpaqueFunction(function=append)


class Launcher:
    """A launcher in a process of its own, with a log of its output to wait on."""

    def __init__(self, process, log):
        self._process = process
        self._log = log
        self.pid = process.pid

    @property
    def output(self):
        return self._log.read_text()

    def wait_for(self, pattern):
        """Return the first match of `pattern` in the output, once it is there."""
        return wait_until(lambda: re.search(pattern, self.output), f"{pattern!r} in\n{self.output}")

    def send(self, number):
        self._process.send_signal(number)

    def wait(self):
        return self._process.wait(timeout=DEADLINE)


@contextmanager
def launcher(tmp_path, body, *, stdout=None, **popen):
    """Run a launch file with the entities in `body`, which is Python source.

    Output goes to `Launcher.output`, or to the file descriptor `stdout`.
    """
    file = tmp_path / "test.launch.py"
    file.write_text(
        "from launch import LaunchDescription\n"
        "from launch.actions import *\n"
        "from launch.event_handlers import *\n"
        "def generate_launch_description():\n"
        f"    return LaunchDescription([{body}])\n"
    )
    log = tmp_path / "output"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ROS_LOG_DIR": str(tmp_path)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(file)],
            stdout=output if stdout is None else stdout,
            stderr=output,
            env=env,
            **popen,
        )
    try:
        yield Launcher(process, log)
    finally:
        process.kill()
        process.wait()


def alive(pid):
    """Tell whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids):
    wait_until(lambda: not any(map(alive, pids)), f"end of {[pid for pid in pids if alive(pid)]}")


def wait_until(condition, what):
    deadline = time.monotonic() + DEADLINE
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)
    return result
