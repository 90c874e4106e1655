#!/usr/bin/env python3
"""Time of a picture of the planar engine, and of what randomisation does to it.

The aim: with two worker processes on two cores, 15,000 environment steps/s at 160x120 gray and
45,000 at 80x45, of which the renderer is most; at most 25 % less with randomisation `mild`. So a
picture may take about 110 us and 35 us. Run it with the workspace set up:
`python benchmarks/planar_renderer.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from deepracer_core.track.definition import load_definition
from deepracer_core.track.track import Track
from deepracer_sim.engine import CONTROL_PERIOD, ImageSpec
from deepracer_sim.image_effects import ImageEffects
from deepracer_sim.latency import FrameDelay
from deepracer_sim.lens import Lens
from deepracer_sim.planar.renderer import PlanarRenderer
from deepracer_sim.randomisation import draw_settings, find_level
from numpy.typing import NDArray
from report import Timing, measure, per_car, print_machine, print_timings

TRACK = load_definition(Path(__file__).parents[1] / "worlds" / "reinvent_2018" / "track.yaml")

NETWORK = ImageSpec(80, 60, gray=True, crop_top=15)
GRAY = ImageSpec(160, 120, gray=True)
SIZES = (NETWORK, ImageSpec(80, 60, gray=True), GRAY, ImageSpec(160, 120), ImageSpec(320, 240))
BARREL = Lens(k1=-0.25, k2=0.06)
BATCHES = (1, 32)  # cars
BATCH = 32  # cars, where only one size is shown


@dataclass(frozen=True)
class Setting:
    """One row of the table."""

    image: ImageSpec
    cars: int = BATCH
    level: str = "none"
    lens: Lens | None = None

    @property
    def name(self) -> str:
        """What it is, for people."""
        size = f"{self.image.width}x{self.image.rows} {'gray' if self.image.gray else 'rgb'}"
        extra = ", distorted" if self.lens else ""
        return f"{size}{extra}, {self.cars} cars, {self.level}"


class Camera:
    """Everything between poses and what a policy sees."""

    def __init__(self, setting: Setting) -> None:
        """Draw an episode for each car."""
        image, cars, level = setting.image, setting.cars, find_level(setting.level)
        drawn = draw_settings(level, range(cars))
        self.cars, self.conditions = np.arange(cars), drawn.conditions
        self.renderer = PlanarRenderer(TRACK, image, level.colour_sets(TRACK), lens=setting.lens)
        self.effects, self.delay = ImageEffects(cars, image.shape), FrameDelay(cars, image.shape)
        self.effects.reset(self.cars, drawn.effects)
        self.delay.reset(self.cars, drawn.latency, drawn.drop_rate, drawn.delay_seeds)
        self.images = np.empty((cars, *image.shape), np.uint8)
        self.seen = np.empty_like(self.images)
        self.poses = _driving(cars)

    def render(self) -> None:
        """What the engine does."""
        self.renderer.render(next(self.poses), self.conditions, self.images)

    def change(self) -> None:
        """What randomisation does."""
        self.effects.apply(self.images, self.cars)
        self.delay.show(self.images, self.cars, self.seen)


def _driving(cars: int) -> Iterator[NDArray[np.float64]]:
    """Poses of cars that start at random places and drive laps at 1.5 m/s."""
    random, track = np.random.default_rng(0), Track.from_definition(TRACK)
    start, lateral = random.random(cars), random.uniform(-0.3, 0.3, cars)
    steps = int(track.length / (1.5 * CONTROL_PERIOD))
    return cycle([track.poses_at((start + step / steps) % 1.0, lateral) for step in range(steps)])


def _time(call: Callable[[], None], cars: int) -> Timing:
    return per_car(measure(call, warm_up=5, calls=max(1000 // cars, 30)), cars)


def main() -> None:
    """Measure and print."""
    print_machine("numba", "numpy", "opencv-python-headless")
    settings = [Setting(image, cars) for image in SIZES for cars in BATCHES]
    settings += [Setting(NETWORK, level="mild"), Setting(GRAY, level="mild")]
    settings += [Setting(GRAY, level="strong"), Setting(GRAY, lens=BARREL)]
    rows = []
    for setting in settings:
        camera = Camera(setting)
        rows.append((setting.name, _time(camera.render, setting.cars)))
        if setting.level != "none":
            rows.append(("    effects and latency", _time(camera.change, setting.cars)))
    print_timings(rows, "us")


if __name__ == "__main__":
    main()
