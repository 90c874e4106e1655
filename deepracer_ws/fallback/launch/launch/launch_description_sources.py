"""Launch descriptions from Python launch files."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from launch._missing import missing, missing_names
from launch.invalid_launch_file_error import InvalidLaunchFileError
from launch.launch_description import LaunchDescription
from launch.launch_description_source import LaunchDescriptionSource
from launch.some_substitutions_type import SomeSubstitutionsType

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = [
    "AnyLaunchDescriptionSource",
    "InvalidPythonLaunchFileError",
    "PythonLaunchDescriptionSource",
    "get_launch_description_from_any_launch_file",
    "get_launch_description_from_python_launch_file",
    "load_python_launch_file_as_module",
]

__getattr__ = missing_names(
    __name__,
    [
        "FrontendLaunchDescriptionSource",
        "XMLLaunchDescriptionSource",
        "YAMLLaunchDescriptionSource",
        "get_launch_description_from_frontend_launch_file",
    ],
)

# What stock ROS 2 reads besides Python.
_MARKUP = (".xml", ".yaml", ".yml")


class InvalidPythonLaunchFileError(Exception):
    """Raised when a Python launch file has no `generate_launch_description()`."""


def load_python_launch_file_as_module(python_launch_file_path: str) -> ModuleType:
    """Execute the Python file and return it as a module."""
    loader = SourceFileLoader("python_launch_file", python_launch_file_path)
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None  # a loader was given
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def get_launch_description_from_python_launch_file(
    python_launch_file_path: str,
) -> LaunchDescription:
    """Return what `generate_launch_description()` of a Python launch file returns.

    Raises:
        InvalidPythonLaunchFileError: The file has no such function.
    """
    module = load_python_launch_file_as_module(python_launch_file_path)
    generate = getattr(module, "generate_launch_description", None)
    if generate is None:
        raise InvalidPythonLaunchFileError(
            f"launch file at '{python_launch_file_path}' does not contain the required function "
            "'generate_launch_description()'"
        )
    description: LaunchDescription = generate()
    return description


def get_launch_description_from_any_launch_file(launch_file_path: str) -> LaunchDescription:
    """Return the description in a launch file, which must be a Python file here.

    Raises:
        InvalidLaunchFileError: It cannot be loaded, or it is an XML or YAML launch file.
    """
    extension = Path(launch_file_path).suffix
    if extension in _MARKUP:
        error = NotImplementedError(missing(f"the launch file format {extension}"))
        raise InvalidLaunchFileError(
            extension[1:], likely_errors=[error], launch_file_path=launch_file_path
        )
    try:
        return get_launch_description_from_python_launch_file(launch_file_path)
    except Exception as error:  # a launch file may raise anything
        raise InvalidLaunchFileError(
            "py" if extension == ".py" else "",
            likely_errors=[error],
            launch_file_path=launch_file_path,
        ) from error


class PythonLaunchDescriptionSource(LaunchDescriptionSource):
    """A Python launch file."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        """Keep the path, which may hold substitutions."""
        super().__init__(None, launch_file_path, "interpreted python launch file")

    def _get_launch_description(self, location: str) -> LaunchDescription:
        return get_launch_description_from_python_launch_file(location)


class AnyLaunchDescriptionSource(LaunchDescriptionSource):
    """A launch file of any format; here it must be a Python file."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        """Keep the path, which may hold substitutions."""
        super().__init__(None, launch_file_path, "interpreted launch file")

    def _get_launch_description(self, location: str) -> LaunchDescription:
        return get_launch_description_from_any_launch_file(location)
