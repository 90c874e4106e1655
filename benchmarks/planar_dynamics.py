"""Measures the dynamics of the planar engine: control steps a second, and what the first one costs.

    python benchmarks/planar_dynamics.py

The first step compiles, or loads what numba has cached; set NUMBA_CACHE_DIR to an empty folder to
measure the former. Needs the workspace sourced.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from ament_index_python.packages import get_package_share_directory
from deepracer_sim.car_model import load_car_model
from deepracer_sim.planar.dynamics import STATE, STEP, SUBSTEPS, advance
from deepracer_sim.planar.plant import Plant, make_plant
from deepracer_sim.vehicle_profile import load_profile
from report import Timing, measure, per_car, print_machine, print_timings

CARS = (1, 8, 32, 128, 1024)


def measure_cars(plant: Plant, cars: int) -> Timing:
    """Time a control step of so many cars, per car; all of them turn."""
    states, ones = np.zeros((cars, STATE)), np.ones(cars)
    commands = np.full((cars, 2), (0.3, 1.5), np.float32)
    return per_car(
        measure(
            lambda: advance(states, commands, ones, ones, ones, plant, STEP, SUBSTEPS), calls=200
        ),
        cars,
    )


def main() -> None:
    """Measure and print."""
    print_machine("numpy", "numba")
    share = Path(get_package_share_directory("deepracer"))
    plant = make_plant(load_car_model(share / "urdf" / "deepracer.urdf.xacro"), load_profile())
    start = time.perf_counter()
    nothing = np.zeros((0, STATE))
    none = np.zeros(0)
    advance(nothing, np.zeros((0, 2), np.float32), none, none, none, plant, STEP, SUBSTEPS)
    print(f"first step: {time.perf_counter() - start:.2f} s")
    print_timings(((f"{cars} cars, per car", measure_cars(plant, cars)) for cars in CARS), "us")


if __name__ == "__main__":
    main()
