"""The only place that knows which engines there are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from deepracer_core.errors import SimulationError
from deepracer_core.track.definition import TrackDefinition

from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import Engine, ImageSpec
from deepracer_sim.lens import Lens
from deepracer_sim.palettes import Palette
from deepracer_sim.vehicle_profile import VehicleProfile

_CLASSES = {
    "planar": ("deepracer_sim.planar.engine", "PlanarEngine", "numba"),
    "mujoco": ("deepracer_sim.mujoco_engine.engine", "MujocoEngine", "mujoco"),
}

ENGINES = tuple(_CLASSES)
"""Names of the engines: the fast flat one, and the one with contact physics and obstacles."""

SHOW_OBJECTS = ("mujoco",)
"""Those in which obstacles and other cars are seen."""

SHOWS_A_LENS = "planar"
"""The one whose pictures may be distorted like those of a real lens."""


def make_engine(
    name: str,
    definition: TrackDefinition,
    profile: VehicleProfile,
    cars: int,
    image: ImageSpec,
    palettes: Sequence[Palette] | None = None,
    lens: Lens | None = None,
) -> Engine:
    """Build an engine; its library is loaded only now.

    Args:
        name: one of `ENGINES`.
        definition: the track.
        profile: how the car answers commands.
        cars: number of cars.
        image: size and colours of the pictures.
        palettes: the colour sets that `Conditions.palette` counts; by default the track's own.
        lens: distortion of a real lens, which only `planar` shows; none if not given.

    Raises:
        ConfigError: the lens is impossible.
        SimulationError: there is no such engine, its library is missing, or it cannot be built.
    """
    if name not in _CLASSES:
        raise SimulationError(f"there is no engine {name!r}; choose one of {', '.join(ENGINES)}")
    if lens is not None and name != SHOWS_A_LENS:
        raise SimulationError(
            f"engine {name!r} shows pictures without distortion; leave the lens out, or use engine "
            f"{SHOWS_A_LENS!r}"
        )
    module, class_name, library = _CLASSES[name]
    try:
        engine_class = getattr(import_module(module), class_name)
    except ModuleNotFoundError as error:
        raise SimulationError(
            f"engine {name!r} needs the library {library}, but there is no module {error.name}; "
            "run ./bootstrap.sh, or install what requirements/simulation.txt lists with pip"
        ) from error
    except (AttributeError, ImportError, OSError, RuntimeError) as error:  # of MuJoCo's OpenGL
        raise SimulationError(
            f"the library {library} of engine {name!r} does not load: {error}; if $MUJOCO_GL is "
            "set, unset it, and the backend is chosen by itself"
        ) from error
    distortion = {} if lens is None else {"lens": lens}
    engine: Engine = engine_class(
        definition, load_car_model(find_urdf()), profile, cars, image, palettes, **distortion
    )
    return engine


def find_urdf() -> Path:
    """The car's description in the root package.

    Raises:
        SimulationError: the workspace is not set up.
    """
    try:
        share = Path(get_package_share_directory("deepracer"))
    except PackageNotFoundError as error:
        raise SimulationError(
            "package `deepracer`, which holds the car's URDF, is not found; build the workspace "
            "and source install/setup.bash"
        ) from error
    return share / "urdf" / "deepracer.urdf.xacro"
