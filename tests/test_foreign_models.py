"""A model of AWS DeepRacer from its archive to what people look at: import, drive, film, replay."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import pytest
from deepracer_drive.model_transfer import export_model, import_model
from deepracer_sim.h264 import read_video
from launched import Launched
from rosbags.rosbag2 import Reader

PATIENCE = 300.0  # [s] for all of it on a busy machine
STEPS = 40
SAMPLE = "reinvent-2018-sample"
ALSO_KNOWN = ("/camera/image_raw", "/policy/decision", "/odom", "/reward", "/drive")

pytestmark = pytest.mark.timeout(2 * PATIENCE)


def run(
    *words: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    command = ["ros2", "run", "deepracer_sim", *words]
    variables = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=variables)


@pytest.fixture(scope="module")
def driven(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """The sample model as AWS would have it, imported, evaluated, filmed and recorded."""
    folder = tmp_path_factory.mktemp("foreign")
    environment = {"DEEPRACER_MODELS": str(folder / "models")}
    exported = run(
        *("export_model", SAMPLE, "--target", "aws-car", "--output", "aws-model.tar.gz"),
        folder=folder,
        environment=environment,
    )
    assert exported.returncode == 0, exported.stderr
    with tarfile.open(folder / "aws-model.tar.gz") as archive:
        assert archive.getnames() == ["agent/model.pb", "model_metadata.json"]
    imported = run("import_model", "aws-model.tar.gz", folder=folder, environment=environment)
    assert imported.returncode == 0, imported.stderr
    assert "aws-model: continuous, FRONT_FACING_CAMERA, ready to drive" in imported.stdout
    arguments = [
        *("deepracer_sim", "evaluate.launch.py", "model:=aws-model", "engine:=planar"),
        *("trials:=1", "max_resets:=0", f"max_steps:={STEPS}", f"output:={folder / 'results'}"),
        *("video:=true", "record:=true"),
    ]
    with Launched(*arguments, environment=environment, folder=folder) as running:
        assert running.wait_for_end(PATIENCE) == 0, running.output
        assert running.processes() == {}
    assert f"{STEPS} moments; in 100.0% of them" in running.output
    return folder, environment


def test_it_drives(driven):
    folder, _ = driven
    results = json.loads((folder / "results" / "results.json").read_text())
    (trial,) = results["trials"]
    assert results["model"] == "aws-model"
    assert trial["status"] == "Step limit"
    assert trial["progress"] > 15.0


def test_it_is_drawn_and_filmed(driven):
    folder, _ = driven
    for name in ("driven_line", "speed_steering", "rewards"):
        assert cv2.imread(str(folder / "results" / f"{name}.png")) is not None
    _, pictures = read_video(folder / "results" / "video.mp4")
    assert sum(picture.shape == (720, 1280, 3) for picture in pictures) > STEPS


def test_the_recording_explains_itself(driven):
    """Foxglove and rosbags need the definitions of all messages in the file."""
    folder, _ = driven
    (bag,) = folder.glob("rosbag2_*")
    with Reader(bag) as reader:
        definitions = {entry.topic: entry.msgdef.data for entry in reader.connections}
    for topic in ALSO_KNOWN:
        assert definitions[topic]
    assert "float32[] distribution" in definitions["/policy/decision"]
    assert "MSG: std_msgs/Header" in definitions["/policy/decision"]


def test_on_the_recording_it_decides_as_it_did(driven):
    folder, environment = driven
    (bag,) = folder.glob("rosbag2_*")
    replayed = run("replay", bag.name, folder=folder, environment=environment)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "model aws-model:" in replayed.stdout
    assert "(100.00%)" in replayed.stdout
    other = run("replay", bag.name, "--model", "ghost", folder=folder, environment=environment)
    assert other.returncode == 2
    assert "there is no model 'ghost'" in other.stderr


@pytest.mark.parametrize(
    ("command", "words", "message"),
    [
        (import_model, ("none.tar.gz",), "cannot read none.tar.gz"),
        (import_model, ("aws-model.tar.gz",), "there is a model aws-model already"),
        (export_model, ("aws-model", "--target", "aws-car"), "take its own archive there"),
        (export_model, ("ghost",), "there is no model 'ghost'"),
        (export_model, (SAMPLE, "--output", "x.zip"), "use a name in .tar.gz"),
    ],
)
def test_what_cannot_be_moved_is_told(driven, command, words, message, monkeypatch, capsys):
    folder, environment = driven
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DEEPRACER_MODELS", environment["DEEPRACER_MODELS"])
    assert command(words) == 1
    assert message in capsys.readouterr().err
