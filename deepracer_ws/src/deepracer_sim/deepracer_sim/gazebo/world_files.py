"""Where the worlds for gz-sim are, and the folders in which it must look for their models."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from deepracer_core.errors import SimulationError
from deepracer_core.track.definition import FILE_NAME, own_worlds

MODELS = "models"
"""Folder beside the worlds that holds their models."""

CAR_MODEL = "racecar"
"""Folder of the car's model: not the name of a ROS package, which gz-sim could find instead."""

RESOURCE_VARIABLE = "GZ_SIM_RESOURCE_PATH"
"""Environment variable with the folders, separated by colons, in which gz-sim looks for model://."""

_ASSETS = "deepracer"  # the package with worlds and meshes


def track_model_name(track: str) -> str:
    """Folder of a track's model."""
    return f"track_{track}"


def world_path(folder: Path, track: str) -> Path:
    """The SDF file of a track in a folder of worlds."""
    return folder / f"{track}.sdf"


def find_world(track: str) -> Path:
    """The SDF file of a track: the user's own, or else the shipped one.

    Raises:
        SimulationError: there is none; tells how to build it.
    """
    places = [world_path(folder, track) for folder in (*own_worlds(), _shipped())]
    for place in places:
        if place.is_file():
            return place
    raise SimulationError(
        f"track {track!r} has no world for Gazebo (searched: {', '.join(map(str, places))}); build "
        f"it: ros2 run deepracer_sim build_world {track}"
    )


def folder_to_build_in(track: str) -> Path:
    """The user's folder of worlds that holds a track, or else the first one."""
    folders = own_worlds()
    return next((it for it in folders if (it / track / FILE_NAME).is_file()), folders[0])


def resource_paths(world: Path) -> list[Path]:
    """What must be in GZ_SIM_RESOURCE_PATH before gz-sim starts with a world.

    The models beside it, and the folder above the package `deepracer`, which holds the car's
    meshes, model://deepracer/urdf/meshes.
    """
    return [world.parent / MODELS, Path(get_package_share_directory(_ASSETS)).parent]


def car_description() -> Path:
    """The car's URDF with its extensions for gz-sim."""
    return Path(get_package_share_directory(_ASSETS)) / "urdf" / "deepracer.gazebo.xacro"


def _shipped() -> Path:
    return Path(get_package_share_directory(_ASSETS)) / "worlds"
