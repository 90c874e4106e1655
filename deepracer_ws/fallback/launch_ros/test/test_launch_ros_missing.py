"""What stock ROS 2 has below modules of this fallback is refused with an error that says so."""

import importlib

import launch_ros  # noqa: F401 - its import is what makes the errors helpful
import pytest


@pytest.mark.parametrize(
    "module",
    [
        "launch_ros.actions.lifecycle_node",
        "launch_ros.descriptions.composable_node",
        "launch_ros.events",
        "launch_ros.substitutions.find_package",
    ],
)
def test_modules(module):
    with pytest.raises(ModuleNotFoundError, match=rf"{module} exists in ROS 2 .* install ROS 2"):
        importlib.import_module(module)
