#!/usr/bin/env python3
"""How well the sample model does in evaluations, and how long they take, launched as a user does.

Ten trials without randomisation, the robustness grid of fifty at `mild`, and three laps in lockstep
against three by the wall clock. The aim: each trial without randomisation is completed; lap times
in realtime differ by single steps of 66 ms from those in lockstep, on an idle machine.

Run it with the workspace set up: `python benchmarks/evaluation.py [planar]`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deepracer_core.evaluation_report import format_lap_time
from deepracer_sim.evaluation.folder import RESULTS
from deepracer_sim.evaluation.results import read_results
from report import print_machine

MODEL = "reinvent-2018-sample"
EVALUATIONS = {
    "10 trials": ["trials:=10"],
    "grid of 50, mild": ["robustness:=true", "level:=mild"],
    "3 laps, lockstep": ["trials:=3", "pacing:=lockstep"],
    "3 laps, realtime": ["trials:=3", "pacing:=realtime"],
}
DOMAIN = "101"  # nobody else's, the last that ROS recommends
PATIENCE = 1800.0  # [s] for one evaluation
ROW = "{:20}{:>12}{:>12}{:>12}{:>12}{:>14}"
HEADER = ("", "completed", "best lap", "median lap", "worst lap", "command [s]")


def evaluate(engine: str, arguments: list[str], folder: Path) -> float:
    """Evaluate into a folder; return how long the command took [s].

    Raises:
        CalledProcessError: it failed, which realtime does on a machine that is too busy.
    """
    begin = time.perf_counter()
    subprocess.run(
        [
            *("ros2", "launch", "deepracer_sim", "evaluate.launch.py", f"model:={MODEL}"),
            *(f"engine:={engine}", "pictures:=false", f"output:={folder}", *arguments),
        ],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return time.perf_counter() - begin


def row(name: str, folder: Path, seconds: float) -> str:
    """The line of the table for a finished evaluation."""
    results = read_results(folder / RESULTS)
    laps = results.lap_times
    found = (min(laps), statistics.median(laps), max(laps)) if laps else ()
    shown = [format_lap_time(lap) for lap in found] or ["-"] * 3
    completed = f"{results.completed}/{len(results.trials)}"
    return ROW.format(name, completed, *shown, f"{seconds:.0f}")


def main() -> None:
    """Print the table."""
    engine = sys.argv[1] if len(sys.argv) > 1 else "mujoco"
    os.environ.update(ROS_DOMAIN_ID=DOMAIN, ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
    print_machine("numpy", "onnxruntime", "mujoco", "numba")
    print(f"\n{MODEL} in {engine}\n{ROW.format(*HEADER)}")
    with tempfile.TemporaryDirectory() as parent:
        for number, (name, arguments) in enumerate(EVALUATIONS.items()):
            folder = Path(parent) / str(number)
            try:
                print(row(name, folder, evaluate(engine, arguments, folder)), flush=True)
            except subprocess.CalledProcessError as error:
                errors = [line for line in error.stdout.splitlines() if "[ERROR]" in line]
                print(f"{name:20}failed: {errors[0] if errors else error}", flush=True)


if __name__ == "__main__":
    main()
