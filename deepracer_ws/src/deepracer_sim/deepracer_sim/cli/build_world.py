"""Builds the world of a track for gz-sim: `ros2 run deepracer_sim build_world`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deepracer_core.errors import DeepRacerError
from deepracer_core.track.definition import DEFAULT_WORLDS, WORLDS_VARIABLE

from deepracer_sim.gazebo.world import build_world
from deepracer_sim.gazebo.world_files import car_description, folder_to_build_in
from deepracer_sim.vehicle_profile import DEFAULT_PROFILE, load_profile, profile_names
from deepracer_sim.worlds import DEFAULT_TRACK, find_track


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exit with 1 and a message where it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        track, profile = find_track(options.track), load_profile(options.profile)
        folder = options.output or folder_to_build_in(options.track)
        world = build_world(track, car_description(), profile, folder)
    except DeepRacerError as error:
        sys.exit(f"build_world: {error}")
    print(f"{world}: track {track.name}, {track.length:.2f} m; models in {world.parent / 'models'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build_world",
        description="Write a track with the car on it as a world for gz-sim: DIR/TRACK.sdf and "
        "its models in DIR/models.",
    )
    parser.add_argument(
        "track", nargs="?", default=DEFAULT_TRACK, help="name of the track (%(default)s)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of worlds; by default the user's that holds the track, or his first one "
        f"(${WORLDS_VARIABLE}, or else {DEFAULT_WORLDS})",
    )
    parser.add_argument(
        "--profile",
        choices=profile_names(),
        default=DEFAULT_PROFILE,
        help="vehicle profile whose tyres the car gets (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    main()
