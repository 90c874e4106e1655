#!/usr/bin/env python3
"""How long it takes until a policy drives: each seed is a training in a process of its own.

Time counts from the start of that process, with imports, compilation, evaluations and the trials
in MuJoCo. The aims, on two quiet cores, for the median of 5 seeds: the first criterion (three clean
laps from each of 8 starts) within 45 s and 60,000 steps, both (and 10 of 10 trials in MuJoCo)
within 120 s, no seed above 300 s, at least 3,500 trained steps a second in the training phase.

Run it with the workspace set up: `python benchmarks/train.py --seeds 5`. With `--until lap` each
training ends with the iteration in which a car has made its first lap while it explored: the real
baselines of re:Invent 2018 needed 18,000 to 20,000 steps for it.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import multiprocessing
import re
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml
from report import print_machine

TRAINING_PHASES = ("collect", "update")
ROW = "{:>4}" + " {:>9} {:>10}" * 3 + " {:>8}" * 6 + " {:>9} {:>11}"
HEADER = (
    *("seed", "lap [s]", "lap steps", "1st [s]", "1st steps", "both [s]", "both steps", "steps/s"),
    *("start-up", "collect", "update", "evaluate", "files", "home lap", "mujoco lap"),
)
LAPS = re.compile(r" steps/s \| .*, ([1-9]\d*) laps$")
"""In the line of an iteration in which there were some."""
PERFECT = re.compile(r"evaluation in (\w+): (\d+)/\2 trials, 100 %, ([\d.]+) s a lap")
"""The line of an evaluation without a failure."""


@dataclass(frozen=True)
class Run:
    """What one training took.

    Attributes:
        seed: of the training.
        lap: seconds and steps to the first lap of the exploring policy, or None.
        first: seconds and steps to the first criterion, or None.
        both: seconds and steps to both, or None.
        start_up: until the cars began to drive [s].
        phases: seconds of each phase.
        steps: trained.
        best: mean time of a lap [s] of the fastest policy that completed all trials, by engine.
        engine: in which it was trained.
    """

    seed: int
    lap: tuple[float, int] | None
    first: tuple[float, int] | None
    both: tuple[float, int] | None
    start_up: float
    phases: dict[str, float]
    steps: int
    best: dict[str, float]
    engine: str

    @property
    def rate(self) -> float:
        """Trained steps per second while it collected and updated."""
        return self.steps / sum(self.phases[name] for name in TRAINING_PHASES)


def train(connection: Connection[Run, None], settings: dict[str, Any], until: str) -> None:
    """Train one model and send how it went; stops early if the parent is gone."""
    stop = threading.Event()
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        run = _train(settings, Path(folder), until, stop)
    with contextlib.suppress(BrokenPipeError):
        connection.send(run)


def _stop_with_parent(stop: threading.Event) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        stop.set()


def _train(settings: dict[str, Any], folder: Path, until: str, stop: threading.Event) -> Run:
    """Train one model below `folder`."""
    started = time.perf_counter()
    from deepracer_core.bundle.store import ModelStore
    from deepracer_sim.training.session import begin
    from deepracer_sim.training.trainer import StopReason, Trainer

    marks: dict[str, tuple[float, int]] = {}
    best: dict[str, float] = {}

    def say(line: str) -> None:
        print(line, flush=True)
        now = (time.perf_counter() - started, trainer.tally.steps)
        if LAPS.search(line):
            marks.setdefault("lap", now)
            if until == "lap":
                stop.set()
        if (found := PERFECT.search(line)) is not None:
            marks.setdefault("first", now)
            best[found[1]] = min(float(found[3]), best.get(found[1], math.inf))

    session = begin(settings, ModelStore(folder))
    trainer = Trainer(session, say=say, stop=stop)
    start_up = time.perf_counter() - started
    reason = trainer.run()
    both = (time.perf_counter() - started, trainer.tally.steps)
    return Run(
        settings["seed"],
        marks.get("lap"),
        marks.get("first"),
        both if reason is StopReason.GOOD else None,
        start_up,
        dict(trainer.stopwatch.seconds),
        trainer.tally.steps,
        best,
        session.config.engine,
    )


def main() -> None:
    """Train with each seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from 0")
    parser.add_argument("--settings", default="{}", help="such as '{engine: mujoco}'")
    parser.add_argument("--until", choices=["lap", "good"], default="good", help="when to stop")
    arguments = parser.parse_args()
    settings = {"max_minutes": 5.0, **yaml.safe_load(arguments.settings)}
    print_machine("torch", "numba", "mujoco", "numpy")
    print(f"settings: {settings}\n")
    runs = [
        train_apart({**settings, "name": f"benchmark-{seed}", "seed": seed}, arguments.until)
        for seed in range(arguments.seeds)
    ]
    print_table(runs)


def train_apart(settings: dict[str, Any], until: str) -> Run:
    """Train one model in a process of its own.

    Raises:
        EOFError: it failed; its traceback has been printed.
    """
    context = multiprocessing.get_context("spawn")
    connection, theirs = context.Pipe(duplex=False)
    process = context.Process(target=train, args=(theirs, settings, until))
    with theirs:
        process.start()
    run: Run = connection.recv()
    process.join()
    return run


def print_table(runs: list[Run]) -> None:
    """Print a row for each seed, and the medians of what was reached."""
    print(f"\n{ROW.format(*HEADER)}")
    for run in runs:
        marks = [cell for mark in (run.lap, run.first, run.both) for cell in _cells(mark)]
        phases = [f"{run.phases.get(name, 0.0):.1f}" for name in HEADER[-6:-2]]
        best = [f"{run.best[e]:.1f}" if e in run.best else "-" for e in (run.engine, "mujoco")]
        row = [*marks, f"{run.rate:,.0f}", f"{run.start_up:.1f}", *phases, *best]
        print(ROW.format(run.seed, *row))
    for name in ("lap", "first", "both"):
        reached = [mark for run in runs if (mark := getattr(run, name)) is not None]
        if reached:
            seconds, steps = (statistics.median(column) for column in zip(*reached))
            medians = f"median {seconds:.1f} s, {steps:,.0f} steps"
            print(f"{name}: {len(reached)} of {len(runs)} seeds, {medians}")


def _cells(mark: tuple[float, int] | None) -> tuple[str, str]:
    return ("-", "-") if mark is None else (f"{mark[0]:,.0f}", f"{mark[1]:,}")


if __name__ == "__main__":
    main()
