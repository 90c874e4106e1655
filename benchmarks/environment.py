#!/usr/bin/env python3
"""Steps per second and memory of the vector environment with worker processes.

The aim: with two quiet workers on two cores, physics, camera and bookkeeping included, the user's
reward not: `planar` 15,000 steps/s at 160x120 gray and 45,000 at 80x45, `mujoco` 1,500 and 3,000;
with the randomisation `mild` at most 25 % less. A step is one of one car. Actions are random ones
that mostly stay on the track, so the table has some episodes begin in each step. Run it with the
workspace set up: `python benchmarks/environment.py [--cars N] [--workers N] [--growth]`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
from itertools import chain
from pathlib import Path

import numpy as np
from deepracer_sim.env_options import make_config
from deepracer_sim.vector_env import DeepRacerVectorEnv
from report import print_machine

ENGINES = ("planar", "mujoco")
SIZES = {"160x120": {}, "80x45": {"width": 80, "height": 60, "crop_top": 15}}
LEVELS = ("none", "mild")
AIMS = {
    ("planar", "160x120"): 15_000,
    ("planar", "80x45"): 45_000,
    ("mujoco", "160x120"): 1_500,
    ("mujoco", "80x45"): 3_000,
}
SEGMENTS = 9
SEGMENT_SECONDS = 1.0
WARM_UP = 30  # calls
GROWTH_STEPS = 100_000
MANY = 512  # cars of one worker, so that they outweigh what building the world leaves free
OWN_PAGES = ("Private_Clean:", "Private_Dirty:", "Shared_Dirty:")
RANDOM = np.random.default_rng(0)


def make_env(engine: str, size: str, level: str, cars: int, workers: int) -> DeepRacerVectorEnv:
    """An environment without a reward function that has done its first steps."""
    config = make_config(engine=engine, level=level, reward=None, **SIZES[size])
    env = DeepRacerVectorEnv(config, cars, workers=workers, copy=False)
    env.reset(seed=0)
    for _ in range(WARM_UP):
        env.step(actions(cars))
    return env


def actions(cars: int) -> np.ndarray:
    """15 degrees to either side or straight on, at 0.4 or 0.8 m/s."""
    return RANDOM.integers(2, 8, cars)


def rate(env: DeepRacerVectorEnv) -> tuple[float, float, float]:
    """One segment: steps per second, the workers' processor time in a step [us], ended episodes."""
    steps = ended = 0
    start, busy = time.perf_counter(), processor_time()
    while (spent := time.perf_counter() - start) < SEGMENT_SECONDS:
        _, _, terminated, truncated, _ = env.step(actions(env.num_envs))
        steps += env.num_envs
        ended += int((terminated | truncated).sum())
    return steps / spent, 1e6 * (processor_time() - busy) / steps, ended / spent


def processor_time() -> float:
    """What all workers have used so far [s]."""
    times = [
        Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        for worker in multiprocessing.active_children()
    ]
    return sum(map(int, chain(*times))) / os.sysconf("SC_CLK_TCK")


def memory() -> float:
    """The largest worker [MiB]: all but the pages of libraries that it shares with others."""
    sizes = []
    for worker in multiprocessing.active_children():
        text = Path(f"/proc/{worker.pid}/smaps_rollup").read_text()
        rows = (line.split() for line in text.splitlines())
        sizes.append(sum(int(row[1]) for row in rows if row[0] in OWN_PAGES) / 1024)
    return max(sizes)


def speed_row(engine: str, size: str, level: str, cars: int, workers: int) -> float:
    """Measure and print one row; returns the best rate."""
    env = make_env(engine, size, level, cars, workers)
    rates, busy, ends = zip(*(rate(env) for _ in range(SEGMENTS)))
    env.close()
    best, median, least = max(rates), statistics.median(rates), min(rates)
    aim = AIMS[engine, size] * (1.0 if level == "none" else 0.75)
    print(
        f"{engine:8}{size:9}{level:6}{best:>10,.0f}{median:>10,.0f}{least:>10,.0f}{aim:>10,.0f}"
        f"{min(busy):>14.1f}{sum(rates) / max(sum(ends), 1.0):>16.0f}"
    )
    return best


def memory_row(engine: str, size: str) -> None:
    """Measure and print the memory of a worker with one car, and of each further car."""
    sizes = []
    for cars in (1, MANY):
        env = make_env(engine, size, "mild", cars, workers=1)
        sizes.append(memory())
        env.close()
    print(f"{engine:8}{size:9}{sizes[0]:>16.1f}{(sizes[1] - sizes[0]) / (MANY - 1):>16.2f}")


def growth_row(engine: str, cars: int, workers: int) -> None:
    """Print how much memory a worker has after each quarter of 100,000 steps."""
    env = make_env(engine, "80x45", "mild", cars, workers)
    sizes = [memory()]
    for _ in range(4):
        for _ in range(GROWTH_STEPS // 4 // cars):
            env.step(actions(cars))
        sizes.append(memory())
    env.close()
    print(f"{engine:8}" + "".join(f"{size:>10.1f}" for size in sizes))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cars", type=int, default=64, help="of all workers together")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--growth", action="store_true", help="memory over 100,000 steps as well")
    options = parser.parse_args()
    cars, workers = options.cars, options.workers
    print_machine("numpy", "numba", "mujoco", "gymnasium")
    print(f"{workers} workers, {cars} cars; {SEGMENTS} segments of {SEGMENT_SECONDS:g} s")
    print(
        f"\nsteps/s{'best':>26}{'median':>10}{'least':>10}{'aim':>10}"
        f"{'CPU [us]':>14}{'episode [steps]':>16}"
    )
    for engine in options.engines:
        for size in SIZES:
            plain, mild = (speed_row(engine, size, level, cars, workers) for level in LEVELS)
            print(f"{'':17}mild costs {1.0 - mild / plain:.0%}; the aim is 25 % at most")
    print(f"\nmemory [MiB]{'worker, 1 car':>21}{'further car':>16}")
    for engine in options.engines:
        for size in SIZES:
            memory_row(engine, size)
    if options.growth:
        print(f"\nmemory of a worker [MiB] at 0, 25, 50, 75 and 100 % of {GROWTH_STEPS:,} steps")
        for engine in options.engines:
            growth_row(engine, cars, workers)


if __name__ == "__main__":
    main()
