"""The marker of the tests that stock ROS 2 would fail, and a clean log folder per test."""

import os

import pytest
from launch.logging import launch_config


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "better_than_stock: behaviour that deliberately differs from stock ROS 2"
    )


@pytest.fixture(autouse=True)
def log_dir(tmp_path):
    """Collect the log files of a test, and undo what it does to the environment."""
    folder = tmp_path / "log"
    folder.mkdir()
    launch_config.log_dir = str(folder)
    environment = dict(os.environ)
    yield folder
    os.environ.clear()
    os.environ.update(environment)
