"""A world for gz-sim: a track with the car on it, every system listed, as fast as it can be."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from deepracer_core import atomic
from deepracer_core.errors import StorageError
from deepracer_core.track.definition import TrackDefinition

from deepracer_sim.car_model import expand_description
from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.sdf_xml import SDF_VERSION, document, element, number, numbers
from deepracer_sim.gazebo.track_model import track_files, track_model
from deepracer_sim.gazebo.urdf_to_sdf import urdf_to_sdf
from deepracer_sim.gazebo.world_files import CAR_MODEL, MODELS, track_model_name, world_path
from deepracer_sim.vehicle_profile import VehicleProfile

SUN_DIRECTION = "-0.4 0.3 -0.87"
"""It shades the car for people; the track takes no light."""

GRAVITY = "0 0 -9.81"
"""[m/s2]; gz-sim's own is 9.8."""

# In each Gazebo since Harmonic these names are the same. All that is needed is listed, since
# Harmonic loads no defaults as soon as a world lists one.
_SYSTEMS = {
    "gz-sim-physics-system": "Physics",
    "gz-sim-user-commands-system": "UserCommands",
    "gz-sim-scene-broadcaster-system": "SceneBroadcaster",
    "gz-sim-sensors-system": "Sensors",
}


def build_world(
    definition: TrackDefinition, car: Path, profile: VehicleProfile, folder: Path
) -> Path:
    """Write a world and its models below a folder; returns the SDF file to start.

    `FOLDER/NAME.sdf` is the world, `FOLDER/models/` its track and car.

    Args:
        definition: the track.
        car: urdf/deepracer.gazebo.xacro.
        profile: whose tyres the car gets; all else of it is the stepper's.
        folder: which is made where it is missing.

    Raises:
        SimulationError: the car's description is broken.
        StorageError: a file cannot be written.
    """
    track = track_model_name(definition.name)
    tracks_files = track_files(definition, track)
    _write_model(folder, CAR_MODEL, car_model(car, profile), {}, "The 1/18 car.")
    _write_model(
        folder, track, track_model(definition, track), tracks_files, f"Track {definition.name}."
    )
    world = world_path(folder, definition.name)
    atomic.write_text(world, document(world_element(definition)))
    return world


def car_model(car: Path, profile: VehicleProfile) -> ET.Element:
    """The car's SDF model, from its URDF with the extensions for gz-sim.

    Raises:
        SimulationError: the description cannot be read, expanded or converted.
    """
    urdf = expand_description(car, friction=number(profile.friction))
    return urdf_to_sdf(urdf, CAR_MODEL)


def world_element(definition: TrackDefinition) -> ET.Element:
    """The `<world>`: the car stands at the start, on its wheels but for a small drop."""
    x, y, yaw = definition.start_pose
    start = numbers((x, y, names.SPAWN_HEIGHT, 0.0, 0.0, yaw))
    return element(
        "world",
        element("gravity", GRAVITY),
        _physics(),
        *(_system(*system) for system in _SYSTEMS.items()),
        _scene(),
        _sun(),
        _include(names.TRACK, track_model_name(definition.name), "0 0 0 0 0 0"),
        _include(names.CAR, CAR_MODEL, start),
        name=names.WORLD,
    )


def _physics() -> ET.Element:
    """As fast as possible: a factor of 0 is accepted here only, not by the service."""
    return element(
        "physics",
        element("max_step_size", names.STEP_NANOSECONDS * 1e-9),
        element("real_time_factor", "0"),
        name="default",
        type="ignored",
    )


def _system(library: str, kind: str) -> ET.Element:
    plugin = element("plugin", filename=library, name=f"gz::sim::systems::{kind}")
    if kind == "Sensors":
        plugin.append(element("render_engine", "ogre2"))
    return plugin


def _scene() -> ET.Element:
    return element(
        "scene",
        element("ambient", "0.5 0.5 0.5 1"),
        element("background", "0.7 0.7 0.7 1"),
        element("shadows", "false"),
        element("grid", "false"),
    )


def _sun() -> ET.Element:
    return element(
        "light",
        element("pose", "0 0 10 0 0 0"),
        element("cast_shadows", "false"),
        element("diffuse", "0.8 0.8 0.8 1"),
        element("specular", "0 0 0 1"),
        element("direction", SUN_DIRECTION),
        name="sun",
        type="directional",
    )


def _include(name: str, model: str, pose: str) -> ET.Element:
    return element(
        "include", element("name", name), element("uri", f"model://{model}"), element("pose", pose)
    )


def _write_model(
    folder: Path, name: str, model: ET.Element, files: dict[str, bytes], description: str
) -> None:
    """Replace the folder of a model by a new one."""
    models = folder / MODELS
    try:
        models.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make {models}: {error.strerror}; choose another folder for the world"
        ) from error
    with atomic.new_directory(models / name, replace=True) as staged:
        for path, data in files.items():
            (staged / path).parent.mkdir(exist_ok=True)
            (staged / path).write_bytes(data)
        (staged / "model.sdf").write_text(document(model), "utf-8")
        (staged / "model.config").write_text(_config(name, description), "utf-8")


def _config(name: str, description: str) -> str:
    config = element(
        "model",
        element("name", name),
        element("version", "1.0"),
        element("sdf", "model.sdf", version=SDF_VERSION),
        element("description", description),
    )
    ET.indent(config)
    return f'<?xml version="1.0"?>\n{ET.tostring(config, encoding="unicode")}\n'
