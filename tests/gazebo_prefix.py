"""Puts the stand-ins where the real ones would be: `gz` on the PATH, ros_gz_bridge as a package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.world_files import RESOURCE_VARIABLE, find_world, resource_paths
from gazebo_bridge import HABITS

TESTS = Path(__file__).parent


def install_stand_ins(prefix: Path, **habits: Any) -> dict[str, str]:
    """Make a prefix with the stand-ins.

    Args:
        prefix: folder, which may hold some already.
        habits: of the server, as in `gazebo_world.Habits`.

    Returns:
        The environment in which they are found.
    """
    _script(prefix / "bin" / "gz", "gazebo_server.py")
    _script(prefix / "lib" / "ros_gz_bridge" / "parameter_bridge", "gazebo_bridge.py")
    marker = prefix / "share" / "ament_index" / "resource_index" / "packages" / "ros_gz_bridge"
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    return {
        "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}",
        "AMENT_PREFIX_PATH": f"{prefix}:{os.environ['AMENT_PREFIX_PATH']}",
        HABITS: json.dumps(habits),
    }


def _script(path: Path, program: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {TESTS / program} "$@"\n')
    path.chmod(0o755)


@contextmanager
def serving(prefix: Path, **habits: Any) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Server and bridge as processes, without a launch file; they end with the context."""
    world = find_world("reinvent_2018")
    environment = {
        **os.environ,
        **install_stand_ins(prefix, **habits),
        "GZ_PARTITION": uuid.uuid4().hex,
        "GZ_IP": "127.0.0.1",
        RESOURCE_VARIABLE: ":".join(map(str, resource_paths(world))),
    }
    config = Path(get_package_share_directory("deepracer_sim")) / "config" / "gazebo_bridge.yaml"
    commands = {
        "gz": [prefix / "bin" / "gz", "sim", "-s", "-v2", world],
        "bridge": [
            prefix / "lib" / "ros_gz_bridge" / "parameter_bridge",
            *names.BRIDGED_SERVICES,
            *("--ros-args", "-p", f"config_file:={config}"),
        ],
    }
    processes = {
        name: subprocess.Popen(command, env=environment) for name, command in commands.items()
    }
    try:
        yield processes
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
