"""Draws what cameras see around a track, for each engine and level of randomisation.

`ros2 run deepracer_sim contact_sheet` writes one PNG: the track from above with the twelve places,
then their pictures. Places are numbered in driving direction and the same in every block, so that
engines can be compared by eye.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from deepracer_core import atomic
from deepracer_core.errors import ConfigError, DeepRacerError
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.track import Track
from numpy.typing import NDArray

from deepracer_sim.engine import Floats, ImageSpec
from deepracer_sim.engine_factory import ENGINES, make_engine
from deepracer_sim.ground import ground_image
from deepracer_sim.image_effects import ImageEffects
from deepracer_sim.palettes import Palette
from deepracer_sim.randomisation import LEVELS, draw_settings, find_level
from deepracer_sim.vehicle_profile import load_profile
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

Image = NDArray[np.uint8]

PLACES = 12
COLUMNS = 6
BORDER = 4  # [px] around each picture
CAPTION = 22  # [px] line above each block
TOP_VIEW_HEIGHT = 420  # [px]

PAPER = (24, 28, 34)
INK = (214, 219, 224)
MARK = (255, 153, 0)


def contact_sheet(
    definition: TrackDefinition, engines: Sequence[str], levels: Sequence[str], seed: int = 0
) -> Image:
    """Draw the sheet, (H, W, 3) RGB.

    Args:
        definition: the track.
        engines: names of engines.
        levels: names of levels of randomisation.
        seed: of the episode at place 0; the others follow.

    Raises:
        SimulationError: there is no such engine or level, or it does not run here.
    """
    poses = places(definition)
    blocks = [_titled("places, driven from 1 to 12", _top_view(definition, poses))]
    for engine in engines:
        for level in levels:
            pictures = see(definition, engine, level, poses, seed)
            blocks.append(_titled(f"engine {engine}, randomisation {level}", _tiled(pictures)))
    return _stacked(blocks)


def places(definition: TrackDefinition) -> Floats:
    """Poses (12, 3) on the centre line, equally far apart; the first one at the start."""
    return Track.from_definition(definition).poses_at(np.arange(PLACES) / PLACES)


def see(
    definition: TrackDefinition, engine_name: str, level_name: str, poses: Floats, seed: int
) -> Image:
    """What cars see at the poses (N, 3) when their episodes begin, without any latency."""
    level, image, cars = find_level(level_name), ImageSpec(), np.arange(len(poses))
    settings = draw_settings(level, [seed + car for car in cars])
    palettes = level.colour_sets(definition)
    engine = make_engine(engine_name, definition, load_profile(), len(poses), image, palettes)
    try:
        engine.reset(cars, poses, settings.conditions)
        pictures = engine.render().copy()
    finally:
        engine.close()
    effects = ImageEffects(len(poses), image.shape)
    effects.reset(cars, settings.effects)
    effects.apply(pictures, cars)
    return pictures


def _top_view(definition: TrackDefinition, poses: Floats) -> Image:
    """The track from above, y up, with an arrow and a number at each place."""
    field = definition.field
    scale = TOP_VIEW_HEIGHT / (field.y_max - field.y_min)
    width = round((field.x_max - field.x_min) * scale)
    ground = ground_image(definition, Palette.of(definition.colours)).image[::-1]
    view = cv2.resize(
        np.ascontiguousarray(ground), (width, TOP_VIEW_HEIGHT), interpolation=cv2.INTER_AREA
    )
    for number, (x, y, yaw) in enumerate(poses, start=1):
        ahead = np.array([np.cos(yaw), -np.sin(yaw)])
        tail = np.array([x - field.x_min, field.y_max - y]) * scale
        tip = tail + 0.35 * scale * ahead
        start, end = (np.rint(point).astype(int).tolist() for point in (tail, tip))
        cv2.arrowedLine(view, start, end, MARK, 2, cv2.LINE_AA, tipLength=0.35)
        left = np.array([-np.sin(yaw), -np.cos(yaw)])
        middle = np.rint((tail + tip) / 2.0 + 16 * left).astype(int).tolist()
        _write(view, str(number), middle[0] - 5 * len(str(number)), middle[1] + 5)
    return np.asarray(view, np.uint8)


def _tiled(pictures: Image) -> Image:
    """Pictures (N, rows, columns, 3) side by side, `COLUMNS` in a row."""
    framed = [_framed(picture) for picture in pictures]
    rows = [np.hstack(framed[k : k + COLUMNS]) for k in range(0, len(framed), COLUMNS)]
    return np.vstack(rows)


def _framed(picture: Image) -> Image:
    edges = (BORDER, BORDER, BORDER, BORDER)
    framed = cv2.copyMakeBorder(picture, *edges, cv2.BORDER_CONSTANT, value=PAPER)
    return np.asarray(framed, np.uint8)


def _titled(title: str, block: Image) -> Image:
    head = np.full((CAPTION, block.shape[1], 3), PAPER, np.uint8)
    _write(head, title, BORDER, CAPTION - 7)
    return np.vstack([head, block])


def _stacked(blocks: Sequence[Image]) -> Image:
    """Blocks below each other, left-aligned."""
    width = max(block.shape[1] for block in blocks)
    return np.vstack(
        [
            cv2.copyMakeBorder(
                block, 0, 0, 0, width - block.shape[1], cv2.BORDER_CONSTANT, value=PAPER
            )
            for block in blocks
        ]
    )


def _write(image: Image, text: str, left: int, baseline: int) -> None:
    cv2.putText(image, text, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="contact_sheet",
        description="Draw what the camera sees at twelve places of a track, as a PNG.",
    )
    parser.add_argument("--track", default=DEFAULT_TRACK, help="name of the track (%(default)s)")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), help="default: all")
    parser.add_argument("--levels", nargs="+", default=list(LEVELS), help="default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the randomisation (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path("contact_sheet.png"), metavar="PNG")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exit with 1 and a message where it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        if options.output.suffix.lower() != ".png":
            raise ConfigError(f"--output {options.output}: use a name in .png")
        track = find_track(options.track)
        sheet = contact_sheet(track, options.engines, options.levels, options.seed)
        _, png = cv2.imencode(".png", sheet[:, :, ::-1])
        atomic.write_bytes(options.output, png.tobytes())
    except DeepRacerError as error:
        sys.exit(f"contact_sheet: {error}")
    print(f"{options.output}: {sheet.shape[1]} x {sheet.shape[0]} pixels")


if __name__ == "__main__":
    main()
