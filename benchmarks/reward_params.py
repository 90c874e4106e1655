#!/usr/bin/env python3
"""Time of building reward parameters, from poses to one dictionary per car.

The aim: at most 15 us per car and step in batches of 16, everything included: where the cars are on
the track, their progress, and the dictionaries. Run it with the workspace set up:
`python benchmarks/reward_params.py [ROUTE.npy]`; without a route on re:Invent 2018.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import numpy as np
from deepracer_core.bot_car import start_bot_cars
from deepracer_core.car_location import locate_cars
from deepracer_core.object_placement import place_obstacles, random_placements
from deepracer_core.objects import ObjectLocations, find_crashes, locate_objects
from deepracer_core.progress import ProgressMeter
from deepracer_core.reward_params import CarStates, step_params
from deepracer_core.track.definition import load_definition
from deepracer_core.track.track import Track
from report import Timing, measure, per_car, print_machine, print_timings

TRACK = Path(__file__).parents[1] / "worlds" / "reinvent_2018" / "track.yaml"
BATCHES = (1, 16, 64)  # cars
OBJECTS = 6  # boxes or bot cars in the world of each car
AIM = 15e-6  # [s] per car and step, in batches of 16


class Scene:
    """Cars at random places of the track, each with boxes or bot cars in its world."""

    def __init__(self, track: Track, cars: int) -> None:
        """Place everything; the same in every run."""
        rng = np.random.default_rng(0)
        self.track = track
        self.poses = track.poses_at(rng.uniform(size=cars), rng.uniform(-0.4, 0.4, cars))
        self.poses[:, 2] += rng.uniform(-0.5, 0.5, cars)
        self.meter = ProgressMeter(cars, closed=track.closed)
        self.zeros = np.zeros(cars)
        self.steps = np.ones(cars, dtype=np.int64)
        worlds = [random_placements(OBJECTS, track.length, rng, 0.5) for _ in range(cars)]
        self.bots = start_bot_cars(worlds)
        self.boxes = locate_objects(track, place_obstacles(track, worlds))

    def params(self, objects: ObjectLocations | None = None) -> object:
        """One step; with objects, their crash test and parameters are included."""
        location = locate_cars(self.track, self.poses)
        progress = self.meter.update(location.projection.fraction)
        crashed = np.zeros(len(progress), dtype=bool)
        if objects is not None:
            crashed = find_crashes(self.track, location, objects).any(axis=1)
        states = CarStates(
            location, self.zeros, self.zeros, progress, self.steps, crashed, self.zeros
        )
        return step_params(self.track, states, objects)

    def params_with_bots(self) -> object:
        """The same with bot cars, which are somewhere else in each step."""
        return self.params(locate_objects(self.track, self.bots.states(self.track, 1.0)))


def rows(track: Track) -> dict[str, Timing]:
    """Time per car and step, by what is done and for how many cars."""
    table = {}
    for cars in BATCHES:
        scene = Scene(track, cars)
        calls = {
            "locate": lambda scene=scene: locate_cars(track, scene.poses),
            "all": scene.params,
            f"all, {OBJECTS} boxes": lambda scene=scene: scene.params(scene.boxes),
            f"all, {OBJECTS} bot cars": scene.params_with_bots,
        }
        for name, call in calls.items():
            table[f"{cars:2} cars: {name}"] = per_car(measure(call), cars)
    return table


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("route", nargs="?", help="DeepRacer route file (.npy)")
    route = parser.parse_args().route
    track = Track.from_route(route) if route else Track.from_definition(load_definition(TRACK))
    print_machine("numpy")
    print(f"{track.name}: {len(track.centre)} waypoints, {track.length:.2f} m; per car and step")
    table = rows(track)
    print_timings(table.items(), "us")
    rounds = [value * 1e6 for value in table["16 cars: all"].p50]
    print(
        f"\n16 cars: {statistics.median(rounds):.1f} us per car and step, in the quietest round "
        f"{min(rounds):.1f} us; the aim is {AIM * 1e6:.0f} us"
    )


if __name__ == "__main__":
    main()
