"""Isolation for every test: a ROS domain of its own, nothing is written into the user's home."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from hypothesis import settings

# Domain 0 is everybody's default; up to 101 the ports stay below the ephemeral ones of Linux.
_DOMAINS = range(1, 102)

# Machines are shared and noisy: no example fails for being slow, and a run repeats the last one.
settings.register_profile("repository", deadline=None, derandomize=True)
settings.load_profile("repository")

# A shell starts background jobs deaf to SIGINT and SIGQUIT, nohup to SIGHUP, and their children
# inherit that: tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)
for _number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(_number, signal.SIG_DFL)


def _claim_domain() -> tuple[int, IO[str]]:
    """Lock the first free domain id of this machine; the lock ends with the process."""
    folder = Path(tempfile.gettempdir()) / "ros_domain_ids"  # of all users of this machine
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(PermissionError):
        folder.chmod(0o1777)
    for domain in _DOMAINS:
        path = folder / str(domain)
        if not path.exists():
            path.touch()
            path.chmod(0o666)
        handle = path.open("r")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            continue
        return domain, handle
    raise RuntimeError("all ROS domain ids are in use by other test runs")


@pytest.fixture(scope="session", autouse=True)
def ros_isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this process and its children a ROS domain and a log folder of their own."""
    domain, lock = _claim_domain()
    with pytest.MonkeyPatch.context() as patch, lock:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        patch.setenv("ROS_LOG_DIR", str(tmp_path_factory.mktemp("ros_log")))
        yield


@pytest.fixture(scope="module", autouse=True)
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give each file a folder of models of its own: names do not depend on what ran before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEEPRACER_MODELS", str(tmp_path_factory.mktemp("models")))
        yield
