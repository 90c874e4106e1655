"""A writer that is killed at any moment leaves the old content or the new, never a mixture."""

from __future__ import annotations

import errno
import os
import random
import signal
import sys
from pathlib import Path

import pytest
from deepracer_core import atomic
from killing import kill_while_writing, was_killed

OLD, NEW = "old" * 1000, "new" * 1000
FILES = ("one", "sub/two", "sub/three")
MANY = 500


def write_file(path: Path, version: str) -> None:
    atomic.write_text(path, version)


def write_folder(path: Path, version: str) -> None:
    with atomic.new_directory(path, replace=True) as folder:
        (folder / "sub").mkdir()
        for name in FILES:
            (folder / name).write_text(version)


def read_file(path: Path) -> str:
    return path.read_text()


def read_folder(path: Path) -> str:
    atomic.tidy(path.parent)
    assert sorted(f.relative_to(path).as_posix() for f in path.rglob("*") if f.is_file()) == sorted(
        FILES
    )
    versions = {(path / name).read_text() for name in FILES}
    assert len(versions) == 1
    return versions.pop()


def die_at_line(number: int) -> None:
    """Have this process killed before it executes its `number`th line of atomic.py."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if frame.f_code.co_filename != atomic.__file__:
            return None
        if event == "line":
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def cannot_exchange(*names):
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


@pytest.mark.parametrize(
    ("write", "read", "exchange"),
    [
        (write_file, read_file, atomic._exchange),
        (write_folder, read_folder, atomic._exchange),
        (write_folder, read_folder, cannot_exchange),
    ],
    ids=["file", "folder", "folder-in-two-steps"],
)
def test_a_kill_before_each_line(tmp_path, monkeypatch, write, read, exchange):
    monkeypatch.setattr(atomic, "_exchange", exchange)
    path = tmp_path / "model"
    write(path, OLD)
    seen = []
    for line in range(1, MANY):

        def action(line=line):
            die_at_line(line)
            write(path, NEW)

        killed = was_killed(action)
        seen.append(read(path))
        if not killed:
            break
        write(path, OLD)
    assert not killed
    assert seen[0] == OLD
    assert seen[-1] == NEW
    assert seen == sorted(seen, reverse=True), "once the new content is there, it stays"


def test_kills_at_random_times(tmp_path):
    """A child writes without end; it is killed some writes after each start."""
    path = tmp_path / "model"
    write_folder(path, OLD)
    chance = random.Random(0)
    writes = [lambda: write_folder(path, NEW), lambda: write_folder(path, OLD)]
    for _ in range(20):
        kill_while_writing(writes, after=chance.randrange(1, 4))
        assert read_folder(path) in (OLD, NEW)
