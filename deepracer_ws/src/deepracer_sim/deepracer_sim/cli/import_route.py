"""`ros2 run deepracer_sim import_route FILE.npy`: add a track of AWS DeepRacer to one's own worlds.

Exit code 0: the tracks are there. 1: a file is no route that can be driven, or a track of this name
exists. 2: the command line is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deepracer_core.errors import DeepRacerError, TrackError
from deepracer_core.track.definition import (
    FILE_NAME,
    WORLDS_VARIABLE,
    TrackDefinition,
    own_worlds,
    save_definition,
)
from deepracer_core.track.from_route import ImportedRoute, import_route
from deepracer_core.track.track import Track

from deepracer_sim.worlds import DEFAULT_TRACK, find_track

NOTABLE = 0.01
"""Deviation of the borders [m] that is told."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Import the files that the command line names; return the exit code."""
    options = _parser().parse_args(arguments)
    if options.name and len(options.files) > 1:
        print("import_route: --name is for one file", file=sys.stderr)
        return 2
    try:
        style = find_track(options.style)
        for path in options.files:
            found = import_route(path, style, name=options.name, width=options.width)
            where = _save(found.definition, options.folder, path, replace=options.replace)
            print("\n".join(_lines(found, where)))
    except DeepRacerError as error:
        print(f"import_route: {error}", file=sys.stderr)
        return 1
    return 0


def _save(definition: TrackDefinition, folder: Path, source: Path, *, replace: bool) -> Path:
    """Write the track's file; return its path.

    Raises:
        TrackError: there is one already, or the folder cannot be made.
        StorageError: the file cannot be written.
    """
    path = folder / definition.name / FILE_NAME
    if path.exists() and not replace:
        raise TrackError(f"{path} exists already; give --name for another one, or --replace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrackError(
            f"cannot make {path.parent}: {error.strerror}; give another --folder"
        ) from error
    save_definition(definition, path, f"Imported from {source.name} with import_route.")
    return path


def _lines(found: ImportedRoute, where: Path) -> list[str]:
    definition = found.definition
    track = Track.from_definition(definition)
    way = "counter-clockwise" if track.is_counterclockwise else "clockwise"
    size = f"{definition.length:.2f} m, {way if track.closed else 'end to end'}"
    lines = [
        f"{definition.name}: {size}, {definition.width:.3f} m wide, {len(track.centre)} points",
        f"    written to {where}",
    ]
    if found.deviation > NOTABLE:
        lines.append(
            f"    its borders vary in the file: here they are off by up to {found.deviation:.2f} m"
        )
    if where.parent.parent not in own_worlds():
        lines.append(f"    to use it: export {WORLDS_VARIABLE}={where.parent.parent}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="import_route",
        description="Add tracks to one's own worlds: route files of AWS DeepRacer (.npy, centre "
        "line and borders) become track.yaml files, which all launch files find by name.",
        epilog="Exit code 0: done; 1: not a route, or the track exists; 2: wrong use.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.npy", help="route files")
    parser.add_argument("--name", default="", help="of the track (default: that of the file)")
    parser.add_argument(
        "--folder",
        type=lambda text: Path(text).expanduser().absolute(),
        default=own_worlds()[0],
        help="for the track (%(default)s)",
    )
    parser.add_argument("--width", type=float, help="of the road [m] (default: as in the file)")
    parser.add_argument(
        "--style",
        default=DEFAULT_TRACK,
        help="track whose lines, walls and colours are taken (%(default)s)",
    )
    parser.add_argument("--replace", action="store_true", help="replace a track of this name")
    return parser


if __name__ == "__main__":
    sys.exit(main())
