"""What stock ROS 2 has and this fallback has not is refused with an error that says so."""

import importlib
import re
import subprocess
import sys

import pytest
from launch import LaunchDescription, LaunchDescriptionSource
from launch.actions import IncludeLaunchDescription
from launch.event_handlers import OnProcessIO
from launch.launch_description_sources import (
    AnyLaunchDescriptionSource,
    get_launch_description_from_any_launch_file,
    get_launch_description_from_python_launch_file,
)
from launch_runs import run

pytestmark = pytest.mark.better_than_stock


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("launch", "frontend"),
        ("launch.actions", "ForLoop"),
        ("launch.conditions", "AndCondition"),
        ("launch.event_handlers", "event_named"),
        ("launch.events.process", "ProcessStdin"),
        ("launch.launch_description_sources", "FrontendLaunchDescriptionSource"),
        ("launch.logging", "handlers"),
        ("launch.substitutions", "AnonName"),
        ("launch.utilities", "is_a_subclass"),
    ],
)
def test_names(module, name):
    with pytest.raises(ImportError, match=rf"{module}\.{name} exists in ROS 2 .* install ROS 2"):
        exec(f"from {module} import {name}")


@pytest.mark.parametrize(
    "module",
    [
        "launch.frontend",
        "launch.actions.execute_process_x",
        "launch.conditions.and_condition",
        "launch.event_handlers.on_process_exit",
        "launch.events.process.process_exited",
        "launch.launch_description_sources.python_launch_description_source",
        "launch.logging.handlers",
    ],
)
def test_modules(module):
    with pytest.raises(ModuleNotFoundError, match=rf"{module} exists in ROS 2 .* install ROS 2"):
        importlib.import_module(module)


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("launch_xml.launch_description_sources", "launch_xml"),
        ("launch_yaml", "launch_yaml"),
        ("launch_testing.actions", "launch_testing"),
    ],
)
@pytest.mark.parametrize("imported", ["launch", "launch.events.process", "launch_ros.actions"])
def test_packages(module, package, imported):
    program = f"import {imported}\nimport {module}\n"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert re.search(
        rf"ModuleNotFoundError: {package} exists in ROS 2 .* install ROS 2", result.stderr
    )


@pytest.mark.parametrize("module", ["launch.actions", "launch.event_handlers"])
def test_names_that_never_existed_are_no_part_of_ros(module):
    with pytest.raises(ImportError, match="cannot import name 'Fly'"):
        exec(f"from {module} import Fly")


@pytest.mark.parametrize("extension", ["xml", "yaml", "yml"])
def test_other_formats(extension, tmp_path, capfd):
    file = tmp_path / f"car.launch.{extension}"
    file.write_text("<launch/>")
    assert run(IncludeLaunchDescription(AnyLaunchDescriptionSource(str(file)))) == 1
    output = capfd.readouterr().out
    assert f"Error loading '{file}'" in output
    assert f"the launch file format .{extension} exists in ROS 2" in output
    assert "install ROS 2" in output


def test_arguments():
    with pytest.raises(TypeError, match=r"'on_stdin' of OnProcessIO.*install ROS 2"):
        OnProcessIO(on_stdin=print)


def load(tmp_path, text):
    file = tmp_path / "car.launch.py"
    file.write_text(text)
    return file


def test_a_launch_file_without_the_function(tmp_path):
    file = load(tmp_path, "")
    with pytest.raises(Exception, match=f"'{file}' does not contain the required function"):
        get_launch_description_from_python_launch_file(str(file))


@pytest.mark.parametrize("text", ["def", "raise ValueError('for test')", "import no_such_module"])
def test_a_launch_file_that_cannot_be_loaded(text, tmp_path):
    from launch import InvalidLaunchFileError

    file = load(tmp_path, text)
    with pytest.raises(InvalidLaunchFileError, match=r"trying to load file of format \[py\]:\n - "):
        get_launch_description_from_any_launch_file(str(file))


def test_a_launch_file_that_does_not_exist(capfd):
    assert run(IncludeLaunchDescription("/does/not/exist.launch.py")) == 1
    assert "No such file or directory: '/does/not/exist.launch.py'" in capfd.readouterr().out


def test_a_source_without_description(capfd):
    assert run(IncludeLaunchDescription(LaunchDescriptionSource())) == 1
    assert "called without launch description being set" in capfd.readouterr().out


def test_a_deprecated_description_says_why(capfd):
    description = LaunchDescription(deprecated_reason="use train.launch.py")
    assert description.deprecated
    run(IncludeLaunchDescription(LaunchDescriptionSource(description)))
    assert "deprecated: use train.launch.py" in capfd.readouterr().out
