"""The generated world, and the SDF parser that judges it, for the tests of Gazebo."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from deepracer_sim.gazebo.world import car_model
from deepracer_sim.vehicle_profile import load_profile

ROOT = Path(__file__).parents[4]
WORLDS = ROOT / "worlds"
CAR_XACRO = ROOT / "urdf" / "deepracer.gazebo.xacro"

# Debian's libsdformat 12, or that of an installed Gazebo.
_PARSERS = ("ign", "gz")


def car():
    """The car's <model>."""
    return car_model(CAR_XACRO, load_profile())


def check_sdf(path: Path, models: Path) -> str:
    """What the SDF parser says of a file: "Valid." with exit code 0, or the test fails.

    Args:
        path: of the SDF file.
        models: folder in which it finds model://.
    """
    run = _parse("-k", path, models)
    return (run.stdout + run.stderr).strip()


def print_sdf(path: Path) -> str:
    """The SDF that the parser makes of a URDF file."""
    return _parse("-p", path, path.parent).stdout


def _parse(option: str, path: Path, models: Path) -> subprocess.CompletedProcess[str]:
    parser = next((name for name in _PARSERS if shutil.which(name)), None)
    if parser is None:
        pytest.skip("no SDF parser here: apt-get install ignition-tools libsdformat-dev")
    paths = {"SDF_PATH": str(models), "GZ_SIM_RESOURCE_PATH": str(models)}
    run = subprocess.run(
        [parser, "sdf", option, str(path)],
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    return run


def model_names(world: ET.Element) -> dict[str, str]:
    """What a world includes: names of the models by the names that they get."""
    return {
        include.findtext("name"): include.findtext("uri").removeprefix("model://")
        for include in world.iter("include")
    }
