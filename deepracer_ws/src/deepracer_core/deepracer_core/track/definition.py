"""The track definition: the one description of a track, from which everything else is generated.

`worlds/<name>/track.yaml` holds centre line, widths, dashes, field, walls and colours; rules,
pictures, markers and simulator models are all computed from it. The file is checked strictly, since
it may come from anybody; the shipped `worlds/reinvent_2018/track.yaml` shows the format.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from deepracer_core import atomic
from deepracer_core.errors import TrackError
from deepracer_core.track.fields import Colour, colour, mapping, number, numbers, read_yaml, wrong

Array = npt.NDArray[np.float64]

FILE_NAME = "track.yaml"
WORLDS_VARIABLE = "DEEPRACER_WORLDS"
"""Environment variable: folders with worlds of the user, separated by colons, searched first."""

DEFAULT_WORLDS = "~/.deepracer/worlds"
"""Where the user's worlds are if nothing else is said."""

MAX_POINTS = 10_000
MIN_SPACING = 1e-6  # [m] closer points have no direction
MIN_SIZE = 1e-3  # [m] of a printed part; also bounds the number of dashes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class DashPattern:
    """The dashed centre line."""

    length: float
    """Length of a dash [m]."""
    gap: float
    """Space between two dashes [m]."""
    width: float
    """Width of a dash [m]."""


@dataclass(frozen=True)
class Field:
    """The rectangle that the walls enclose, in the map frame."""

    x_min: float
    """[m]"""
    y_min: float
    """[m]"""
    x_max: float
    """[m]"""
    y_max: float
    """[m]"""


@dataclass(frozen=True)
class Colours:
    """Colour of each part: red, green, blue from 0 to 255 (sRGB)."""

    field: Colour
    wall: Colour
    road: Colour
    line: Colour
    dash: Colour


@dataclass(frozen=True, eq=False)
class TrackDefinition:
    """A track in the map frame [m]; drive direction is that of the centre line's rows.

    Raises:
        TrackError: the values do not describe a track that can be built.
    """

    name: str
    """Letters, digits, hyphen, underscore; at most 64."""
    closed: bool
    """Whether the last point of the centre line is followed by the first, which is not repeated."""
    centre_line: Array
    """Waypoints, (N, 2) [m]; the first one is the start. The straight lines between them are the
    track: rules, pictures and models all use this polygon."""
    width: float
    """Distance between the outer edges of the white lines at a waypoint [m]."""
    line_width: float
    """Width of the white lines, which lie inside `width` [m]."""
    dash: DashPattern
    """Dashes along the centre line."""
    field: Field
    """Floor around the road, walls on its sides."""
    wall_height: float
    """[m]"""
    colours: Colours
    """Colours of the parts."""

    def __post_init__(self) -> None:
        """Check the values and make the points read-only."""
        points = np.array(self.centre_line, dtype=np.float64)
        points.setflags(write=False)
        object.__setattr__(self, "centre_line", points)
        _check(self)

    @property
    def length(self) -> float:
        """Length of the centre line [m]."""
        return float(np.linalg.norm(_segments(self.centre_line, self.closed), axis=1).sum())

    @property
    def start_pose(self) -> tuple[float, float, float]:
        """First point and the heading towards the second: x [m], y [m], yaw [rad]."""
        x, y = self.centre_line[0]
        dx, dy = self.centre_line[1] - self.centre_line[0]
        return float(x), float(y), math.atan2(dy, dx)

    def offset(self, distance: float) -> Array:
        """The centre line moved to the left by `distance` [m] (negative: right), (N, 2).

        Each waypoint moves along its normal, the mean direction of its two segments turned left;
        simapp's routes are built so, which is why their width varies from 0.756 to 0.762 m.
        """
        segments = _segments(self.centre_line, self.closed)
        ahead = segments / np.linalg.norm(segments, axis=1, keepdims=True)
        if self.closed:
            tangents = ahead + np.roll(ahead, 1, axis=0)
        else:
            tangents = np.vstack([ahead[:1], ahead[1:] + ahead[:-1], ahead[-1:]])
        tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), MIN_SPACING)
        normals = np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)
        moved: Array = self.centre_line + distance * normals
        return moved


def own_worlds() -> list[Path]:
    """Folders with worlds of the user: those of $DEEPRACER_WORLDS, or ~/.deepracer/worlds."""
    entries = os.environ.get(WORLDS_VARIABLE) or DEFAULT_WORLDS
    return [Path(entry).expanduser() for entry in entries.split(":") if entry]


def find_definition(name: str, folders: Sequence[Path] = ()) -> TrackDefinition:
    """Load `<folder>/<name>/track.yaml` from `own_worlds` or else from `folders`, in order.

    Raises:
        TrackError: the name is malformed or not found, or the file is broken.
    """
    if not _NAME.fullmatch(name):
        raise TrackError(f"track name {name!r}: use 1 to 64 letters, digits, hyphens, underscores")
    places = [folder / name / FILE_NAME for folder in (*own_worlds(), *folders)]
    for place in places:
        if place.is_file():
            return load_definition(place)
    searched = ", ".join(map(str, places)) or "no folder was given"
    raise TrackError(
        f"track {name!r} not found (searched: {searched}); correct the name, "
        f"import it (import_route), or add the folder of {name}/{FILE_NAME} to ${WORLDS_VARIABLE}"
    )


def load_definition(path: str | Path) -> TrackDefinition:
    """Read a track.yaml.

    Raises:
        TrackError: the file cannot be read, or a field is missing, unknown or wrong.
    """
    path = Path(path)
    try:
        return _parse(read_yaml(path))
    except TrackError as error:
        raise TrackError(f"{path}: {error}") from error


def save_definition(definition: TrackDefinition, path: str | Path, comment: str = "") -> None:
    """Write a track.yaml that `load_definition` reads, with `comment` at its head.

    Raises:
        StorageError: the file cannot be written.
    """
    data = asdict(definition)
    data["colours"] = {part: list(colour) for part, colour in data["colours"].items()}
    data["centre_line"] = data.pop("centre_line").tolist()  # last, for a human reader
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    atomic.write_text(path, head + yaml.safe_dump(data, sort_keys=False, default_flow_style=None))


def _parse(data: Any) -> TrackDefinition:
    top = mapping(data, "the file", TrackDefinition)
    if not isinstance(top["name"], str):
        raise wrong("name", "text", top["name"])
    if not isinstance(top["closed"], bool):
        raise wrong("closed", "true or false", top["closed"])
    colours = mapping(top["colours"], "colours", Colours)
    return TrackDefinition(
        name=top["name"],
        closed=top["closed"],
        centre_line=_points(top["centre_line"]),
        width=number(top["width"], "width"),
        line_width=number(top["line_width"], "line_width"),
        dash=DashPattern(**numbers(top["dash"], "dash", DashPattern)),
        field=Field(**numbers(top["field"], "field", Field)),
        wall_height=number(top["wall_height"], "wall_height"),
        colours=Colours(**{k: colour(v, f"colours.{k}") for k, v in colours.items()}),
    )


def _points(value: Any) -> Array:
    if not isinstance(value, list) or not 3 <= len(value) <= MAX_POINTS:
        raise wrong("centre_line", f"a list of 3 to {MAX_POINTS} points [x, y]", value)
    for index, point in enumerate(value):
        if not isinstance(point, list) or len(point) != 2:
            raise wrong(f"centre_line[{index}]", "a point [x, y]", point)
        for coordinate in point:
            number(coordinate, f"centre_line[{index}]")
    return np.array(value, dtype=np.float64)


def _segments(points: Array, closed: bool) -> Array:
    """Vectors from each point to the next, (N, 2) on a closed line, else (N - 1, 2)."""
    return np.diff(np.vstack([points, points[:1]]) if closed else points, axis=0)


def _check(track: TrackDefinition) -> None:
    """Require that the values describe a track that can be built.

    Raises:
        TrackError: they do not; the message names the field.
    """
    if not _NAME.fullmatch(track.name):
        raise wrong("name", "1 to 64 letters, digits, hyphens, underscores", track.name)
    _check_sizes(track)
    points = track.centre_line
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:
        raise wrong("centre_line", "an (N, 2) array with N >= 3", points.shape)
    if not np.isfinite(points).all():
        raise TrackError("centre_line: some coordinates are not finite; remove these points")
    segments = _segments(points, track.closed)
    short = np.flatnonzero(np.linalg.norm(segments, axis=1) < MIN_SPACING)
    if short.size:
        raise TrackError(
            f"centre_line[{short[0]}] and the next point coincide; remove one "
            "(a closed track does not repeat its first point)"
        )
    for side in (track.width / 2, -track.width / 2):
        _check_border(track, track.offset(side), segments)


def _check_sizes(track: TrackDefinition) -> None:
    sizes = {
        "width": track.width,
        "line_width": track.line_width,
        "dash.length": track.dash.length,
        "dash.gap": track.dash.gap,
        "dash.width": track.dash.width,
        "wall_height": track.wall_height,
        "field.x_max - field.x_min": track.field.x_max - track.field.x_min,
        "field.y_max - field.y_min": track.field.y_max - track.field.y_min,
    }
    for name, size in sizes.items():
        if not size >= MIN_SIZE:
            raise wrong(name, f"a length of at least {MIN_SIZE:g} m", size)
    if 2 * track.line_width + track.dash.width >= track.width:
        raise TrackError("width: two lines and the dashes leave no road between them; widen it")


def _check_border(track: TrackDefinition, border: Array, segments: Array) -> None:
    folded = np.flatnonzero((_segments(border, track.closed) * segments).sum(axis=1) <= 0)
    if folded.size:
        raise TrackError(
            f"centre_line[{folded[0]}]: the bend is tighter than half the width "
            f"({track.width / 2:g} m), so the border folds over; smooth the points or narrow it"
        )
    low = (track.field.x_min, track.field.y_min)
    high = (track.field.x_max, track.field.y_max)
    outside = np.flatnonzero(((border < low) | (border > high)).any(axis=1))
    if outside.size:
        raise TrackError(
            f"field: the road leaves it at centre_line[{outside[0]}]; enlarge the field"
        )
