#!/usr/bin/env python3
"""Memory of a whole training: the trainer, its workers, the examiner and the reward sandboxes.

Starts the node that `train.launch.py` starts, lets it train without an end, and adds up the
proportional set sizes (PSS: shared pages are shared out) of all its processes. A straight line
through what was measured after the first third says whether memory grows. The aims: at most 2.5 GB,
no growth over 30 minutes.

Run it with the workspace set up: `python benchmarks/training_memory.py --minutes 30`.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml
from deepracer_core.bundle.store import MODELS_VARIABLE
from report import print_machine

NODE = "from deepracer_sim.nodes.trainer import main; main()"
PERIOD = 2.0  # [s] between two measurements
MEGABYTE = 1e6
TRAINED = re.compile(r"([\d,]+) steps, .* steps/s")


def start(folder: Path, settings: dict[str, str]) -> subprocess.Popen[str]:
    """A trainer whose model is made below `folder`."""
    given = {"model": "measured", "stop_when_good": "false", **settings}
    arguments = [part for name, value in given.items() for part in ("-p", f"{name}:={value}")]
    return subprocess.Popen(
        [sys.executable, "-c", NODE, "--ros-args", *arguments],
        env={**os.environ, MODELS_VARIABLE: str(folder)},
        stdout=(folder / "output").open("w"),
        text=True,
        start_new_session=True,
    )


def family(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, _read(task).split())
    return found


def proportional_size(pid: int) -> int:
    """PSS of a process [bytes]; 0 if it has just ended."""
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    sizes = [int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")]
    return sum(sizes)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def measure(process: subprocess.Popen[str], output: Path, minutes: float) -> np.ndarray:
    """(K, 3) time [s], memory [bytes] and trained steps, until the time is up."""
    began, rows = time.monotonic(), []
    while (now := time.monotonic() - began) < 60.0 * minutes and process.poll() is None:
        told = TRAINED.findall(output.read_text())
        steps = int(told[-1].replace(",", "")) if told else 0
        rows.append((now, sum(map(proportional_size, family(process.pid))), steps))
        time.sleep(PERIOD)
    return np.array(rows)


def main() -> None:
    """Train, measure, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="of the training")
    parser.add_argument("--settings", default="{}", help="such as '{preset: aws}'")
    arguments = parser.parse_args()
    print_machine("torch", "numba", "mujoco", "numpy")
    settings = {name: str(value) for name, value in yaml.safe_load(arguments.settings).items()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = start(folder, settings)
        try:
            rows = measure(process, folder / "output", arguments.minutes)
            ended = process.poll()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
        if ended is not None:
            sys.exit(f"the training has ended too soon:\n{(folder / 'output').read_text()}")
    seconds, memory, steps = rows[len(rows) // 3 :].T
    slope = np.polyfit(seconds, memory, 1)[0]
    print(f"{seconds[-1] / 60:.1f} min, {steps[-1]:,.0f} steps")
    sizes = (rows[:, 1].max() / MEGABYTE, np.median(memory) / MEGABYTE)
    print("largest {:,.0f} MB, median {:,.0f} MB".format(*sizes))
    print(f"line through the last two thirds: {slope * 60 / MEGABYTE:+.2f} MB a minute")


if __name__ == "__main__":
    main()
