"""Gazebo as a user launches it, with stand-ins for its programs: training, evaluation, driving."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from deepracer_core.bundle.store import ModelStore
from expanded import commands
from gazebo_prefix import install_stand_ins
from gazebo_server import parser
from launched import Launched
from untrained import create_untrained

PATIENCE = 240.0  # [s]; ten processes start, on a busy machine one after the other

pytestmark = pytest.mark.timeout(2 * PATIENCE)

SIMULATE = ("deepracer_sim", "simulate.launch.py", "engine:=gazebo")
EVALUATE = ("deepracer_sim", "evaluate.launch.py", "engine:=gazebo")
TRAIN = ("deepracer_sim", "train.launch.py", "engine:=gazebo")
SMALL = (
    *("cars:=4", "preprocessing:={width: 48, height: 40, crop_top: 4}"),
    "hyperparameters:={batch_size: 32, num_epochs: 1, num_steps_between_training: 64}",
)


@pytest.fixture(scope="module")
def model(ros_isolation) -> str:
    """Name of an untrained model."""
    return create_untrained(ModelStore(), "untrained-in-gazebo").name


@pytest.fixture
def installed(tmp_path) -> dict[str, str]:
    """The environment in which the stand-ins are found."""
    return install_stand_ins(tmp_path / "prefix")


def test_an_iteration_of_training_drives_in_gazebo(installed):
    with Launched(*TRAIN, "model:=in-gazebo", *SMALL, environment=installed) as running:
        running.wait_for("iteration    1", PATIENCE)
        assert set(running.nodes()) >= {"gazebo_stepper", "trainer", "inference"}
        running.press_ctrl_c()
        running.wait_for_end(PATIENCE)
        assert running.processes() == {}
    assert re.search(r"iteration    1 .* 64 steps", running.output)
    bundle = ModelStore().find("in-gazebo")
    bundle.validate()
    assert "engine: gazebo" in (bundle.path / "training_params.yaml").read_text()


def test_an_evaluation_drives_in_gazebo(installed, model, tmp_path):
    output = tmp_path / "results"
    arguments = (f"model:={model}", "trials:=1", "max_resets:=0", f"output:={output}")
    with Launched(*EVALUATE, *arguments, environment=installed) as running:
        assert running.wait_for_end(PATIENCE) == 0, running.output
        assert running.processes() == {}
    results = json.loads((output / "results.json").read_text())
    assert results["trials"]


def executables(commands: list[list[str]]) -> set[str]:
    """Names of the programs, all of which exist."""
    for program, *_ in commands:
        assert shutil.which(program), program
    return {Path(program).name for program, *_ in commands}


def test_launch_files_name_only_what_exists(installed, model, monkeypatch):
    for name, value in installed.items():
        monkeypatch.setenv(name, value)
    world = {"gz", "parameter_bridge", "gazebo_stepper"}
    graph = {"command_gate", "reward_node", "inference"}
    shown = {"robot_state_publisher"}
    arguments = {"engine": "gazebo", "model": model}
    simulated = commands(*SIMULATE[:2], **arguments)
    assert executables(simulated) == world | graph | shown | {"episode_runner", "track_publisher"}
    evaluated = commands(*EVALUATE[:2], **arguments)
    assert executables(evaluated) == world | graph | {"evaluator"}
    arguments = {"engine": "gazebo", "model": "new", "num_simulators": "2"}
    trained = commands(*TRAIN[:2], **arguments)
    assert executables(trained) == world | graph | shown | {"trainer"}
    servers = [command for command in (*simulated, *evaluated, *trained) if command[0] == "gz"]
    assert len(servers) == 4
    for _, subcommand, *options in servers:
        assert subcommand == "sim"
        assert Path(parser().parse_args(options).world).is_file()


def test_without_gazebo_nothing_starts_and_it_says_what_to_install(model):
    with Launched(*SIMULATE, f"model:={model}", environment={"PATH": without_gazebo()}) as running:
        assert running.wait_for_end(PATIENCE) == 1
    assert "Gazebo is not installed" in running.output
    assert "process started" not in running.output


def without_gazebo() -> str:
    return ":".join(
        folder for folder in os.environ["PATH"].split(":") if not (Path(folder) / "gz").exists()
    )


def test_when_the_server_dies_the_rest_ends_and_it_says_why(tmp_path, model):
    dying = install_stand_ins(tmp_path / "prefix", dies_at=1500)
    arguments = (f"model:={model}", "pacing:=lockstep")
    with Launched(*SIMULATE, *arguments, environment=dying) as running:
        assert running.wait_for_end(PATIENCE) == 1
        assert running.processes() == {}
    assert "gz has ended" in running.output or "[gz-1]: process has died" in running.output
