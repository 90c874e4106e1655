#!/usr/bin/env python3
"""Run each file of whole-graph tests in a process of its own, some beside each other.

    python3 tools/run_test_files.py [--jobs 2] FILE ...

Tests that fail are run once more, all of the file where it hangs or dies, and the last line tells
which: Fast DDS can lock itself up in a process that hears another one's node end, and these tests
end nodes all the time (https://github.com/eProsima/Fast-DDS/issues/6502). Exit status 1: one failed
twice.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LIMIT = 1200.0  # [s] for a file; each of its tests has its own limit, see pyproject.toml
TURNS = 2
MARK = "DEEPRACER_TEST_FILE"
# A process that is locked up hears no signal: a thread has to end it.
PYTEST = ("-m", "pytest", "-q", "--durations", "3", "-o", "timeout_method=thread", "--last-failed")


def main() -> int:
    """Run all files; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="files beside each other")
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    begun = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        turns = dict(zip(options.files, pool.map(run, options.files)))
    repeated = [Path(file).stem for file, turn in turns.items() if turn != 1]
    failed = [Path(file).stem for file, turn in turns.items() if turn > TURNS]
    words = [f"{len(turns)} files, {len(turns) - len(failed)} passed"]
    words += [f"run twice: {', '.join(repeated)}"] if repeated else []
    words += [f"failed: {', '.join(failed)}"] if failed else []
    print(f"{'; '.join(words)}; in {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


def run(file: str) -> int:
    """Run a file until it passes; return how many turns that took, more than `TURNS`: too many."""
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(1, TURNS + 1):
            status, output = attempt(file, cache)
            print(f"\n-- {file}{' once more' if turn > 1 else ''}\n{output.rstrip()}", flush=True)
            if status == 0:
                return turn
    return TURNS + 1


def attempt(file: str, cache: str) -> tuple[int, str]:
    """Run a file once; return exit status and output, with nothing of it left running.

    Args:
        file: of tests.
        cache: Folder that says which of them failed before; if none did, all are run.
    """
    mark = f"{MARK}={uuid.uuid4().hex}"
    name, value = mark.split("=")
    process = subprocess.Popen(
        [sys.executable, *PYTEST, "-o", f"cache_dir={cache}", file],
        env={**os.environ, name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        kill_marked(mark)
        output, _ = process.communicate()
        output += f"\nkilled after {LIMIT:.0f} s"
    kill_marked(mark)
    return process.returncode, output


def kill_marked(mark: str) -> None:
    """Kill all processes that have inherited the mark in their environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # has just ended, or belongs to somebody else
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
