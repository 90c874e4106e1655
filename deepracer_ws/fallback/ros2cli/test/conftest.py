"""The command line in this process and in its own, and a robot for it to look at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ros2cli.cli import main

TEST_FOLDER = Path(__file__).parent
# Far beyond what anything here needs on a busy machine [s].
TIMEOUT = 60.0


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def ros2(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """`ros2` in this process: quick, for commands that end by themselves."""

    def run(*words: str) -> Result:
        capsys.readouterr()
        try:
            code = main(list(words))
        except SystemExit as error:  # argparse
            code = int(error.code or 0)
        return Result(code, *capsys.readouterr())

    return run


class Process:
    """`ros2` in a process of its own, for signals and endless commands."""

    def __init__(self, *words: str, env: dict[str, str] | None = None) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "ros2cli.cli", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.pid = self._popen.pid

    def read_line(self, containing: str) -> str:
        """The next line of stdout that contains a text."""
        assert self._popen.stdout is not None
        return self._search(self._popen.stdout, containing)

    def read_error_line(self, containing: str) -> str:
        """The next line of stderr that contains a text."""
        assert self._popen.stderr is not None
        return self._search(self._popen.stderr, containing)

    def _search(self, lines: Iterator[str], containing: str) -> str:
        for line in lines:
            if containing in line:
                return line
        pytest.fail(f"no line with {containing!r}; the process ended with {self._popen.wait()}")

    def end(self, signum: int | None = None) -> Result:
        """Send a signal if one is given, and wait for the end."""
        if signum is not None:
            self._popen.send_signal(signum)
        out, err = self._popen.communicate(timeout=TIMEOUT)
        return Result(self._popen.returncode, out, err)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
            self._popen.communicate(timeout=TIMEOUT)


@pytest.fixture
def start() -> Callable[..., Process]:
    """Start `ros2` in a process of its own: ``with start("topic", "echo", ...) as process``."""
    return Process


@contextmanager
def running_robot() -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, str(TEST_FOLDER / "robot.py")], stdout=subprocess.PIPE, text=True
    ) as robot:
        assert robot.stdout is not None
        assert robot.stdout.readline() == "ready\n"
        yield
        robot.send_signal(signal.SIGINT)
        assert robot.wait(TIMEOUT) == 0


@pytest.fixture(scope="module")
def robot() -> Iterator[None]:
    """The node of robot.py, running."""
    with running_robot():
        yield


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package `demo`, first in AMENT_PREFIX_PATH: its prefix."""
    prefix = tmp_path / "prefix"
    share = prefix / "share" / "demo"
    marker = prefix / "share" / "ament_index" / "resource_index" / "packages" / "demo"
    for folder in (share / "launch", marker.parent, prefix / "lib" / "demo"):
        folder.mkdir(parents=True)
    marker.touch()
    (share / "package.xml").write_text(
        "<package><name>demo</name><version>1.2.3</version></package>"
    )
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{prefix}:{os.environ['AMENT_PREFIX_PATH']}")
    return prefix
