"""Colour sets of a world: its own, and others drawn from a seed to train robust policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from deepracer_core.track.definition import Colours, TrackDefinition
from deepracer_core.track.fields import Colour

BACKGROUND: Colour = (178, 178, 178)
"""What is seen above the walls: 0.7 gray, the background of gz-sim where a world names none."""


@dataclass(frozen=True)
class Palette:
    """Colour of everything that a camera sees: red, green, blue from 0 to 255 (sRGB)."""

    field: Colour
    wall: Colour
    road: Colour
    line: Colour
    dash: Colour
    background: Colour = BACKGROUND

    @classmethod
    def of(cls, colours: Colours) -> Palette:
        """The colours of a track definition."""
        return cls(colours.field, colours.wall, colours.road, colours.line, colours.dash)


@dataclass(frozen=True)
class PaletteSpread:
    """How far drawn palettes are from the track's; all distributions are uniform.

    A part's channel becomes `brightness * channel + tint`, clipped to 0-255. One brightness factor
    is drawn for each part, one tint for each channel of each part.
    """

    brightness: tuple[float, float] = (1.0, 1.0)
    """Range of the factor."""
    tint: float = 0.0
    """Largest shift of a channel to either side, of 255."""


def draw_palettes(
    definition: TrackDefinition, count: int, spread: PaletteSpread, seed: int = 0
) -> Sequence[Palette]:
    """Palette 0 is the definition's; the other `count` - 1 are drawn.

    Palette k depends on the seed and k only, not on `count`.
    """
    own = Palette.of(definition.colours)
    return [own, *(_draw(own, spread, (seed, index)) for index in range(1, count))]


def _draw(own: Palette, spread: PaletteSpread, entropy: tuple[int, int]) -> Palette:
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))
    drawn = {}
    for part in fields(Palette):
        factor = generator.uniform(*spread.brightness)
        tint = generator.uniform(-spread.tint, spread.tint, 3)
        channels = np.rint(factor * np.array(getattr(own, part.name)) + tint)
        red, green, blue = np.clip(channels, 0, 255).astype(int).tolist()
        drawn[part.name] = (red, green, blue)
    return replace(own, **drawn)
