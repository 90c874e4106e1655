"""What differs from one episode to the next: three levels, with the distribution of each quantity.

A policy that was trained without latency and without other light, colours and friction drives in
another world only by luck. All distributions are uniform and independent; everything that is
random in an episode follows from its seed alone, whatever the engine and the other cars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from math import isfinite

import numpy as np
from deepracer_core.errors import ConfigError, SimulationError
from deepracer_core.track.definition import TrackDefinition

from deepracer_sim.engine import Conditions, Floats
from deepracer_sim.fast_random import States
from deepracer_sim.image_effects import Effects
from deepracer_sim.palettes import Palette, PaletteSpread, draw_palettes
from deepracer_sim.quick_draws import as_uniform, draw_words

Range = tuple[float, float]
"""Bounds of a uniform distribution."""


@dataclass(frozen=True)
class Level:
    """How much differs; the defaults are the world as it is defined."""

    friction: Range = (1.0, 1.0)
    """Factor on the tyres' friction."""
    steering_gain: Range = (1.0, 1.0)
    """Factor on the commanded steering angle."""
    speed_gain: Range = (1.0, 1.0)
    """Factor on the commanded speed."""
    camera_x: Range = (0.0, 0.0)
    """Lens ahead of its place [m]."""
    camera_z: Range = (0.0, 0.0)
    """Lens above its place [m]."""
    camera_pitch: Range = (0.0, 0.0)
    """Axis below its direction [rad]."""
    camera_fov: Range = (1.0, 1.0)
    """Factor on the field of view."""
    light: Range = (1.0, 1.0)
    """Factor on all colours."""
    brightness: Range = (0.0, 0.0)
    """Added to all colours [gray levels]."""
    contrast: Range = (1.0, 1.0)
    """Factor on the difference from middle gray."""
    noise: Range = (0.0, 0.0)
    """Standard deviation [gray levels]."""
    blur: Range = (0.0, 0.0)
    """Standard deviation [px]."""
    latency: Range = (0.0, 0.0)
    """Age of what the policy sees [frames of 66 ms]."""
    drop_rate: Range = (0.0, 0.0)
    """Probability that a frame is lost."""
    lateral_offset: Range = (0.0, 0.0)
    """Start to the left of its place [m]."""
    heading_offset: Range = (0.0, 0.0)
    """Start turned to the left [rad]."""
    palettes: int = field(default=1, metadata={"drawn": False})
    """Number of colour sets of field, walls, road and lines, one of which is drawn."""
    spread: PaletteSpread = field(default=PaletteSpread(), metadata={"drawn": False})
    """How far they are from the track's own, which is the first."""

    def colour_sets(self, definition: TrackDefinition) -> Sequence[Palette]:
        """The palettes of this level: what `Conditions.palette` counts."""
        return draw_palettes(definition, self.palettes, self.spread)


LEVELS = {
    "none": Level(),
    # What differs between two runs of one car on one track.
    "mild": Level(
        friction=(0.8, 1.2),
        steering_gain=(0.9, 1.1),
        speed_gain=(0.9, 1.1),
        camera_x=(-0.005, 0.005),
        camera_z=(-0.01, 0.01),
        camera_pitch=(-0.03, 0.03),
        camera_fov=(0.97, 1.03),
        light=(0.8, 1.2),
        brightness=(-15.0, 15.0),
        contrast=(0.85, 1.15),
        noise=(0.0, 4.0),
        blur=(0.0, 0.5),
        latency=(1.0, 1.0),
        lateral_offset=(-0.05, 0.05),
        heading_offset=(-0.1, 0.1),
        palettes=4,
        spread=PaletteSpread(brightness=(0.85, 1.15), tint=15.0),
    ),
    # What differs between simulator and real car, and between two cars.
    "strong": Level(
        friction=(0.5, 1.3),
        # up to the car's geometric wheelbase: 1 / 0.54, the linkage ratio of profile aws_sim
        steering_gain=(0.8, 1.85),
        speed_gain=(0.75, 1.25),
        camera_x=(-0.015, 0.015),
        camera_z=(-0.02, 0.02),
        camera_pitch=(-0.07, 0.07),
        camera_fov=(0.9, 1.1),
        light=(0.5, 1.4),
        brightness=(-40.0, 40.0),
        contrast=(0.6, 1.4),
        noise=(0.0, 12.0),
        blur=(0.0, 0.7),
        latency=(1.0, 2.5),
        drop_rate=(0.0, 0.1),
        lateral_offset=(-0.15, 0.15),
        heading_offset=(-0.3, 0.3),
        palettes=8,
        spread=PaletteSpread(brightness=(0.6, 1.4), tint=40.0),
    ),
}
"""The levels by name. `mild` and `strong` always contain a frame of latency."""

DRAWN = tuple(entry.name for entry in fields(Level) if entry.metadata.get("drawn", True))
"""Names of the quantities that an episode has one value of, in the order in which they are drawn;
after them come the palette and the seeds of effects and delay."""

_CONDITIONS = tuple(entry.name for entry in fields(Conditions) if entry.name != "palette")
_EFFECTS = tuple(entry.name for entry in fields(Effects) if entry.name != "seeds")


def find_level(name: str) -> Level:
    """The level of that name.

    Raises:
        SimulationError: there is none.
    """
    if name not in LEVELS:
        raise SimulationError(
            f"there is no randomisation level {name!r}; choose one of {', '.join(LEVELS)}"
        )
    return LEVELS[name]


@dataclass(frozen=True, eq=False)
class EpisodeSettings:
    """What was drawn for K cars, each for one episode."""

    conditions: Conditions
    """For the engine."""
    effects: Effects
    """For `ImageEffects`."""
    latency: Floats
    """(K,) [frames], for `FrameDelay`."""
    drop_rate: Floats
    """(K,) for `FrameDelay`."""
    delay_seeds: States
    """(K,) for `FrameDelay`."""
    lateral_offset: Floats
    """(K,) start to the left of its place [m]."""
    heading_offset: Floats
    """(K,) start turned to the left [rad]."""


Fixed = Sequence[tuple[str, float]]
"""Names and values of `DRAWN` quantities that are not left to chance."""


def draw_settings(
    level: Level, seeds: Sequence[int], fixed: Sequence[Fixed] | None = None
) -> EpisodeSettings:
    """Draw the settings of K episodes; row k depends on the level, `seeds[k]`, `fixed[k]` only.

    Equal seeds give comparable episodes in all levels: the same place between the bounds. What is
    fixed changes nothing else that is drawn.

    Raises:
        ConfigError: there is no such quantity, or its value is not finite.
    """
    words = np.empty((len(seeds), len(DRAWN) + 3), np.uint64)
    draw_words(np.array(seeds, np.uint64), words)
    low, width = _bounds(level)
    table = low + as_uniform(words[:, : len(DRAWN)]) * width
    for row, pairs in zip(table, fixed or ()):
        _fix(row, pairs)
    values = dict(zip(DRAWN, table.T))
    palette = (as_uniform(words[:, -3]) * level.palettes).astype(np.intp)
    effect_seeds, delay_seeds = words[:, -2:].T
    return EpisodeSettings(
        conditions=Conditions(**{name: values[name] for name in _CONDITIONS}, palette=palette),
        effects=Effects(**{name: values[name] for name in _EFFECTS}, seeds=effect_seeds),
        latency=values["latency"],
        drop_rate=values["drop_rate"],
        delay_seeds=delay_seeds,
        lateral_offset=values["lateral_offset"],
        heading_offset=values["heading_offset"],
    )


@cache
def _bounds(level: Level) -> tuple[Floats, Floats]:
    """Lower bound and width of the range of each of `DRAWN`."""
    low, high = np.array([getattr(level, name) for name in DRAWN]).T
    return low, high - low


def _fix(values: Floats, pairs: Fixed) -> None:
    """Replace what was drawn for some quantities."""
    for name, value in pairs:
        if name not in DRAWN:
            raise ConfigError(f"setting {name!r}: choose one of {', '.join(DRAWN)}")
        if not isfinite(value):
            raise ConfigError(f"setting {name} is {value}: give a finite number")
        values[DRAWN.index(name)] = value
