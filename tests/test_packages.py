"""Each package is a proper ROS 2 package, and the packages know only whom design allows."""

import ast
import sys
from pathlib import Path

import pytest
from catkin_pkg.package import parse_package

ROOT = Path(__file__).parents[1]
MANIFESTS = [ROOT / "package.xml", *sorted(ROOT.glob("deepracer_ws/*/*/package.xml"))]
PACKAGES = {parse_package(str(path)).name: path.parent for path in MANIFESTS}
PYTHON_PACKAGES = {
    name: path for name, path in PACKAGES.items() if (path / name / "__init__.py").exists()
}

# The rosdep key of each module that is not a ROS package.
ROSDEP_KEYS = {
    "argcomplete": "python3-argcomplete",
    "cv2": "python3-opencv",
    "google": "python3-protobuf",
    "matplotlib": "python3-matplotlib",
    "mujoco": "python3-mujoco-pip",
    "numba": "python3-numba",
    "numpy": "python3-numpy",
    "onnxruntime": "python3-onnxruntime-pip",
    "rosbags": "python3-rosbags-pip",
    "scipy": "python3-scipy",
    "shapely": "python3-shapely",
    "smbus2": "python3-smbus2",
    "yaml": "python3-yaml",
}
# These have no rosdep key: bootstrap.sh installs them on every machine.
WITHOUT_ROSDEP_KEY = {"av", "gymnasium", "onnx", "safetensors", "torch"}
# On a Raspberry Pi its own packages bring it; nothing else needs it.
WITHOUT_ROSDEP_KEY |= {"picamera2"}

# Who may import whom: simulation and car never each other, core nobody, the car no trainer.
FORBIDDEN = {
    "deepracer_core": {"rclpy", "torch", "mujoco", "deepracer_drive", "deepracer_sim"},
    "deepracer_drive": {"deepracer_sim", "deepracer_car", "torch", "mujoco"},
    "deepracer_sim": {"deepracer_car"},
    "deepracer_car": {"deepracer_sim", "torch", "mujoco"},
}


def imports(path: Path) -> set[str]:
    """Top-level names of all modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def package_imports(name: str) -> set[str]:
    files = (PACKAGES[name] / name).rglob("*.py")
    return set().union(*map(imports, files)) - set(sys.stdlib_module_names) - {name}


@pytest.mark.parametrize("name", PACKAGES)
def test_manifest(name):
    package = parse_package(str(PACKAGES[name]))
    assert package.package_format == 3
    assert package.licenses == ["Apache-2.0"]
    assert package.get_build_type() in {"ament_cmake", "ament_python"}
    assert PACKAGES[name].name == name or PACKAGES[name] == ROOT


@pytest.mark.parametrize("name", PYTHON_PACKAGES)
def test_python_package_is_found_by_the_ament_index(name):
    folder = PYTHON_PACKAGES[name]
    assert (folder / "resource" / name).is_file()
    assert (folder / name / "py.typed").is_file()
    setup = (folder / "setup.py").read_text()
    assert f'PACKAGE = "{name}"' in setup
    assert f'version="{parse_package(str(folder)).version}"' in setup


@pytest.mark.parametrize("name", PYTHON_PACKAGES)
def test_every_import_is_a_declared_dependency(name):
    package = parse_package(str(PACKAGES[name]))
    declared = {str(dependency) for dependency in package.exec_depends}
    modules = package_imports(name) - WITHOUT_ROSDEP_KEY
    needed = {ROSDEP_KEYS.get(module, module) for module in modules}
    assert needed <= declared


@pytest.mark.parametrize("name", FORBIDDEN)
def test_no_package_knows_whom_it_must_not(name):
    assert not package_imports(name) & FORBIDDEN[name]


def test_only_nodes_of_the_simulation_know_ros():
    package = PACKAGES["deepracer_sim"] / "deepracer_sim"
    modules = [path for path in package.rglob("*.py") if "nodes" not in path.parts]
    assert modules
    assert not [path for path in modules if "rclpy" in imports(path)]
