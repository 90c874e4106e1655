"""A package whose executable prints how it was started, and a place for log files."""

import json
import os
import re

import pytest
from launch import LaunchDescription, LaunchService
from launch.logging import launch_config

PROBE = """#!/usr/bin/env python3
import json, sys
print("argv=" + json.dumps(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def scratch(tmp_path):
    """Collect the log files of a test, and undo what it does to the environment."""
    folder = tmp_path / "log"
    folder.mkdir()
    launch_config.log_dir = str(folder)
    environment = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    """An install prefix with the package `garage`, which has the executable `probe`."""
    prefix = tmp_path / "prefix"
    (prefix / "share/ament_index/resource_index/packages").mkdir(parents=True)
    (prefix / "share/ament_index/resource_index/packages/garage").touch()
    (prefix / "share/garage").mkdir()
    (prefix / "lib/garage").mkdir(parents=True)
    probe = prefix / "lib/garage/probe"
    probe.write_text(PROBE)
    probe.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix))
    return prefix


@pytest.fixture
def launch(prefix, capfd):
    """A function that launches entities and returns the exit code and what is on the screen."""

    def run(*entities):
        service = LaunchService(noninteractive=True)
        service.include_launch_description(LaunchDescription(list(entities)))
        return service.run(), capfd.readouterr().out

    return run


@pytest.fixture
def arguments_of(launch):
    """A function that launches entities and returns the arguments that each probe got."""

    def run(*entities):
        code, output = launch(*entities)
        assert code == 0
        found = re.findall(r"^\[(\S+)-\d+\] argv=(.*)$", output, re.MULTILINE)
        return [json.loads(argv) for _, argv in sorted(found)]

    return run


@pytest.fixture
def failure_of(launch):
    """A function that launches entities, which must fail, and returns what is on the screen."""

    def run(*entities):
        code, output = launch(*entities)
        assert code == 1
        return output

    return run
