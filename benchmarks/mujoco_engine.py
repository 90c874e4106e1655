#!/usr/bin/env python3
"""Steps per second of the engine `mujoco`: physics, states and gray camera images of 16 cars.

Cars start all around the track, follow random commands for 20 steps, which is harder on the
physics than driving, and are reset. The aim: on two quiet cores, two worker processes do 1,500
steps/s at 160x120 and 3,000 at 80x45. Run it with the workspace set up:
`python benchmarks/mujoco_engine.py`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from deepracer_core.track.definition import load_definition
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import ImageSpec, nominal_conditions
from deepracer_sim.mujoco_engine.engine import MujocoEngine
from deepracer_sim.vehicle_profile import load_profile
from report import print_machine

ROOT = Path(__file__).parents[1]
TRACK = ROOT / "worlds/reinvent_2018/track.yaml"
URDF = ROOT / "urdf/deepracer.urdf.xacro"
SIZES = {
    "160x120": (ImageSpec(gray=True), 1500.0),
    "80x60": (ImageSpec(80, 60, gray=True), None),
    "80x45": (ImageSpec(80, 60, gray=True, crop_top=15), 3000.0),
}
CARS = 16
EPISODE = 20  # steps
WARM_UP = 2  # rounds


@dataclass(frozen=True)
class Round:
    """Times of one step of all cars, mean over an episode [s].

    Attributes:
        physics: wall-clock time of step and states.
        render: wall-clock time of the images.
        processor: time of the processor for both, which other programs do not take.
    """

    physics: float
    render: float
    processor: float

    @property
    def rate(self) -> float:
        """Steps of single cars per second."""
        return CARS / (self.physics + self.render)

    @property
    def quiet_rate(self) -> float:
        """The same if no other program had disturbed it."""
        return CARS / self.processor


def drive(spec: ImageSpec, rounds: int, seed: int) -> list[Round]:
    """Drive 16 cars in this process."""
    cv2.setNumThreads(1)
    definition = load_definition(TRACK)
    engine = MujocoEngine(definition, load_car_model(URDF), load_profile(), CARS, spec)
    line = definition.centre_line
    starts = np.linspace(0, len(line) - 1, CARS, endpoint=False).astype(int)
    ahead = line[starts + 1] - line[starts]
    poses = np.column_stack((line[starts], np.arctan2(ahead[:, 1], ahead[:, 0])))
    random = np.random.default_rng(seed)

    def episode() -> Round:
        engine.reset(np.arange(CARS), poses, nominal_conditions(CARS))
        physics = render = 0.0
        start = time.process_time()
        for _ in range(EPISODE):
            commands = random.uniform((-0.5, 0.5), (0.5, 2.0), (CARS, 2)).astype(np.float32)
            start_of_step = time.perf_counter()
            engine.step(commands)
            _ = engine.states
            start_of_render = time.perf_counter()
            engine.render()
            physics += start_of_render - start_of_step
            render += time.perf_counter() - start_of_render
        processor = time.process_time() - start
        return Round(physics / EPISODE, render / EPISODE, processor / EPISODE)

    results = [episode() for _ in range(WARM_UP + rounds)][WARM_UP:]
    engine.close()
    return results


def drive_in_workers(workers: int, spec: ImageSpec, rounds: int) -> list[list[Round]]:
    """The same in several processes at once."""
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return pool.starmap(drive, [(spec, rounds, seed) for seed in range(workers)], chunksize=1)


def print_row(name: str, results: list[list[Round]], aim: float | None) -> None:
    """Print sums over the workers: median, slowest and fastest round, and the parts of a step."""
    rates = [sum(rounds) for rounds in zip(*([r.rate for r in worker] for worker in results))]
    quiet = sum(statistics.median(r.quiet_rate for r in worker) for worker in results)
    flat = [r for worker in results for r in worker]
    physics = statistics.median(r.physics for r in flat) / CARS * 1e3
    render = statistics.median(r.render for r in flat) / CARS * 1e3
    spread = f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
    wanted = "" if aim is None or len(results) == 1 else f"{aim:,.0f}"
    print(f"{name:24}{spread:>24}{quiet:>14,.0f}{physics:>14.3f}{render:>12.3f}{wanted:>10}")


def main() -> None:
    """Measure one and two processes at each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="episodes of 20 steps each")
    rounds = parser.parse_args().rounds
    print_machine("mujoco", "numpy", "opencv-python-headless")
    titles = ("steps/s", "undisturbed", "physics [ms]", "image [ms]", "aim")
    print("\n{:24}{:>24}{:>14}{:>14}{:>12}{:>10}".format("", *titles))
    for name, (spec, aim) in SIZES.items():
        for workers in (1, 2):
            results = drive_in_workers(workers, spec, rounds)
            print_row(f"{name} gray, {workers} process{'es' * (workers > 1)}", results, aim)


if __name__ == "__main__":
    main()
