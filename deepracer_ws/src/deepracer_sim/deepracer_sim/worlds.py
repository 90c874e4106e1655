"""Finds the tracks that are installed with the stack or belong to the user."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from deepracer_core.track.definition import TrackDefinition, find_definition

DEFAULT_TRACK = "reinvent_2018"


def find_track(name: str) -> TrackDefinition:
    """Load a track by name from $DEEPRACER_WORLDS, or else from the worlds of package `deepracer`.

    Raises:
        TrackError: the name is malformed or not found, or its file is broken.
    """
    try:
        shipped = [Path(get_package_share_directory("deepracer")) / "worlds"]
    except PackageNotFoundError:  # a workspace without the root package: only the user's worlds
        shipped = []
    return find_definition(name, shipped)
