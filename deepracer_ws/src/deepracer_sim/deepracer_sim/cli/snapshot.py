"""Draws a track with the car on it, seen from above: `ros2 run deepracer snapshot`.

For machines without rviz, and for documents. The picture shows exactly the track definition and the
vehicle geometry that rules and simulators use.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from deepracer_core import atomic
from deepracer_core.errors import ConfigError, DeepRacerError
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.parts import track_parts
from deepracer_core.vehicle import VEHICLE

from deepracer_sim.worlds import DEFAULT_TRACK, find_track

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
Pose = tuple[float, float, float]

MIN_WIDTH, MAX_WIDTH = 200, 4000  # [px]
SUPERSAMPLING = 3  # drawn so much larger, then averaged: smooth edges without any blur
MARGIN = 0.12  # [m] around the walls
CAPTION_HEIGHT = 0.42  # [m] strip below the field
WALL_THICKNESS = 0.06  # [m] as drawn
CHECKERS = 10, 2  # squares of the start line across and along the road

PAPER: Colour = (24, 28, 34)
INK: Colour = (214, 219, 224)
TYRE: Colour = (12, 12, 13)
BODY: Colour = (32, 35, 41)
TRIM: Colour = (226, 230, 235)
GLASS: Colour = (104, 140, 166)
ACCENT: Colour = (255, 153, 0)


class Canvas:
    """An image with a scale: colours are RGB, points metres in the map frame, y up."""

    def __init__(self, low: Array, high: Array, width: int) -> None:
        """Make an empty picture of the rectangle from `low` to `high` [m], `width` pixels wide."""
        self.scale = width * SUPERSAMPLING / (high[0] - low[0])
        self._left, self._top = low[0], high[1]
        rows = round((high[1] - low[1]) / (high[0] - low[0]) * width) * SUPERSAMPLING
        self._image = np.full((rows, width * SUPERSAMPLING, 3), PAPER, dtype=np.uint8)

    def fill(self, polygons: Array, colour: Colour) -> None:
        """Fill convex polygons, (N, corners, 2 or more) [m]."""
        for polygon in self._pixels(polygons):
            cv2.fillConvexPoly(self._image, polygon, colour)

    def outline(self, polygon: Array, colour: Colour, thickness: float) -> None:
        """Draw the edge of a polygon, (corners, 2) [m]; thickness [m]."""
        pixels = max(1, round(thickness * self.scale))
        cv2.polylines(self._image, [self._pixels(polygon)], True, colour, pixels)

    def write(self, text: str, left: float, baseline: float, height: float) -> None:
        """Write text of a capital's `height` [m] from a point [m] to the right."""
        factor = height * self.scale / 22  # Hershey capitals are 22 units high
        where = self._pixels(np.array([left, baseline]))
        stroke = max(1, round(factor * 1.6))
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(self._image, text, where.tolist(), font, factor, INK, stroke, cv2.LINE_AA)

    def image(self) -> Image:
        """The finished picture, (H, W, 3) RGB."""
        rows, columns = (size // SUPERSAMPLING for size in self._image.shape[:2])
        averaged = cv2.resize(self._image, (columns, rows), interpolation=cv2.INTER_AREA)
        return np.asarray(averaged, dtype=np.uint8)

    def _pixels(self, points: Array) -> npt.NDArray[np.int32]:
        x, y = points[..., 0] - self._left, self._top - points[..., 1]
        return np.rint(np.stack([x, y], axis=-1) * self.scale).astype(np.int32)


def draw_snapshot(track: TrackDefinition, pose: Pose, width: int) -> Image:
    """Draw the track with the car at `pose` (x, y [m], yaw [rad]); `width` in pixels.

    Returns:
        (H, W, 3) RGB; H follows from the shape of the field.
    """
    field = track.field
    low = np.array([field.x_min - MARGIN, field.y_min - MARGIN - CAPTION_HEIGHT])
    high = np.array([field.x_max + MARGIN, field.y_max + MARGIN])
    canvas = Canvas(low, high, width)
    draw_track(canvas, track)
    draw_car(canvas, pose)
    draw_caption(canvas, track)
    return canvas.image()


def draw_track(canvas: Canvas, track: TrackDefinition) -> None:
    """Draw the parts of the definition, and a chequered line at the start."""
    for part in track_parts(track):
        if part.name != "walls":
            canvas.fill(part.quads, part.colour)
    f = track.field
    corners = [(f.x_min, f.y_min), (f.x_max, f.y_min), (f.x_max, f.y_max), (f.x_min, f.y_max)]
    canvas.outline(np.array(corners), track.colours.wall, WALL_THICKNESS)
    across, along = CHECKERS
    side = (track.width - 2 * track.line_width) / across
    for i in range(across):
        for j in range(along):
            x, y = -j * side, (i - across / 2) * side
            square = np.array([(x, y), (x - side, y), (x - side, y + side), (x, y + side)])
            colour = track.colours.line if (i + j) % 2 else track.colours.road
            canvas.fill(_placed(square, track.start_pose)[None], colour)


def draw_car(canvas: Canvas, pose: Pose) -> None:
    """Draw the car from above: wheels, shell with a bright edge, windows, camera, tail light."""
    car = VEHICLE
    for centre in car.wheel_centres:
        wheel = centre + _box(0, 0, 2 * car.wheel_radius, car.wheel_width)
        canvas.fill(_placed(wheel, pose)[None], TYRE)
        canvas.outline(_placed(wheel, pose), INK, 0.003)
    # the shoulder of the body shell, see tools/make_meshes.py
    shell = [(0.156, 0.034), (0.128, 0.056), (0.085, 0.066), (-0.105, 0.066), (-0.15, 0.056)]
    body = _placed(np.array(shell + [(x, -y) for x, y in shell[::-1]]), pose)
    canvas.fill(body[None], BODY)
    canvas.outline(body, TRIM, 0.007)
    windscreen = np.array([(0.045, 0.05), (0.01, 0.04), (0.01, -0.04), (0.045, -0.05)])
    rear_window = np.array([(-0.055, 0.038), (-0.095, 0.048), (-0.095, -0.048), (-0.055, -0.038)])
    for window in (windscreen, rear_window):
        canvas.fill(_placed(window, pose)[None], GLASS)
    canvas.fill(_placed(_box(car.camera.x - 0.011, 0, 0.022, 0.084), pose)[None], TRIM)
    canvas.fill(_placed(_box(-0.14, 0, 0.014, 0.09), pose)[None], ACCENT)


def draw_caption(canvas: Canvas, track: TrackDefinition) -> None:
    """Write name and size of the track, and draw a bar of one metre."""
    field, text = track.field, 0.12
    baseline = field.y_min - CAPTION_HEIGHT + 0.06
    title = f"{track.name}    {track.length:.2f} m    {track.width:.3f} m wide"
    canvas.write(title, field.x_min, baseline, text)
    bar = _box(field.x_max - 0.5, baseline + 0.02, 1.0, 0.03)
    canvas.fill(bar[None], INK)
    for end in (field.x_max - 1.0, field.x_max):
        canvas.fill(_box(end, baseline + 0.06, 0.02, 0.11)[None], INK)
    canvas.write("1 m", field.x_max - 1.4, baseline, text)


def _box(x: float, y: float, length: float, width: float) -> Array:
    """Corners of a rectangle around x, y."""
    signs = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    return np.array([x, y]) + signs * (length / 2, width / 2)


def _placed(points: Array, pose: Pose) -> Array:
    """Points, (N, 2) [m], from the frame at `pose` into the map frame."""
    x, y, yaw = pose
    c, s = math.cos(yaw), math.sin(yaw)
    return np.asarray(points @ np.array([[c, s], [-s, c]]) + (x, y))


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="ros2 run deepracer snapshot",
        description="Draw a track with the car on it, seen from above, as a PNG.",
    )
    parser.add_argument("--track", default=DEFAULT_TRACK, help="name of the track (%(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("track.png"), help="file to write (%(default)s)"
    )
    parser.add_argument(
        "--width", type=int, default=1600, help="width of the picture in pixels (%(default)s)"
    )
    parser.add_argument(
        "--pose",
        type=float,
        nargs=3,
        metavar=("X", "Y", "YAW"),
        help="where the car stands, in metres and radians (at the start of the track)",
    )
    return parser.parse_args(arguments)


def write_snapshot(options: argparse.Namespace) -> None:
    """Draw and write what the command line asks for.

    Raises:
        DeepRacerError: there is no such track, an option is out of range, or the file cannot be
            written.
    """
    if not MIN_WIDTH <= options.width <= MAX_WIDTH:
        raise ConfigError(f"--width {options.width}: use {MIN_WIDTH} to {MAX_WIDTH} pixels")
    if options.output.suffix.lower() != ".png":
        raise ConfigError(f"--output {options.output}: the picture is a PNG; use a name in .png")
    track = find_track(options.track)
    pose = tuple(options.pose) if options.pose else track.start_pose
    if not all(map(math.isfinite, pose)):
        raise ConfigError(f"--pose {pose}: use finite numbers of metres and radians")
    image = draw_snapshot(track, pose, options.width)
    _, png = cv2.imencode(".png", image[:, :, ::-1])
    atomic.write_bytes(options.output, png.tobytes())
    print(f"{options.output}: {track.name}, {image.shape[1]} x {image.shape[0]} pixels")


def main() -> None:
    """Run the command; exit with 1 and a message where it cannot be done."""
    try:
        write_snapshot(parse_arguments())
    except DeepRacerError as error:
        sys.exit(f"[ERROR] {error}")
