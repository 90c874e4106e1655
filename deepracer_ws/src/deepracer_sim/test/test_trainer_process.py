"""The trainer as a process: interrupted or killed at any moment, it leaves a model."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_sim.training.checkpoints import LATEST, Checkpoint
from deepracer_sim.training.model_lock import ModelLock
from deepracer_sim.training.session import begin
from training_samples import SMALL

pytest.importorskip("rclpy")

NODE = "from deepracer_sim.nodes.trainer import main; main()"
PARAMETERS = {
    "model": "interrupted",
    "cars": "4",
    "preprocessing": f'"{SMALL}"',
    "hyperparameters": '"{batch_size: 32, num_epochs: 1, num_steps_between_training: 128}"',
}


@contextmanager
def trainer(
    limits: Callable[[], None] | None = None, **parameters: str
) -> Iterator[subprocess.Popen[str]]:
    """A trainer with these parameters; it and its workers end with the block."""
    given = {**PARAMETERS, **parameters}
    arguments = [part for item in given.items() for part in ("-p", "{}:={}".format(*item))]
    with subprocess.Popen(
        [sys.executable, "-c", NODE, "--ros-args", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=limits,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(process: subprocess.Popen[str], start: str) -> list[str]:
    """The lines up to the one that begins like this, and does not say that it still goes on."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith(start) and not line.endswith("driving\n"):
            return lines
    raise AssertionError(f"the trainer ended before {start!r}:\n" + "\n".join(lines))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_in_order(number, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_MODELS", str(tmp_path))
    with trainer() as process:
        wait_for(process, "iteration    1")
        process.send_signal(number)
        output, _ = process.communicate()
    assert process.returncode == 0
    assert "it was asked to stop" in output
    ModelStore(tmp_path).find("interrupted").validate()


def test_killed_it_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_MODELS", str(tmp_path))
    with trainer() as process:
        wait_for(process, "iteration    3")
        process.kill()
        process.communicate()
    ModelStore(tmp_path).find("interrupted").validate()
    with trainer(resume="true", max_steps="640") as process:
        lines = wait_for(process, "iteration")
        # the checkpoint of the third iteration may or may not have been written in time
        assert lines[-1].startswith(("iteration    3", "iteration    4"))
        process.communicate()
    assert process.returncode == 0
    ModelStore(tmp_path).find("interrupted").validate()


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 8 MB of its own."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "small", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_full_disk_leaves_the_last_model(small_disk, monkeypatch):
    monkeypatch.setenv("DEEPRACER_MODELS", str(small_disk))
    with trainer() as process:
        wait_for(process, "iteration    2")
        with (
            (small_disk / "others").open("wb", buffering=0) as file,
            contextlib.suppress(OSError),
        ):
            while file.write(bytes(4096)):
                pass
        output, _ = process.communicate()
    assert process.returncode == 1
    assert output.splitlines()[-1].startswith("[ERROR] cannot write")
    assert "free some space on this disk" in output
    assert "Traceback" not in output
    bundle = ModelStore(small_disk).find("interrupted")
    bundle.validate()
    assert Checkpoint.read(bundle.path / LATEST).record["iteration"] in (1, 2)


def test_files_that_may_not_grow_leave_the_first_model(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPRACER_MODELS", str(tmp_path))
    limit = 150_000  # bytes: more than policy.onnx, less than a checkpoint
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limits = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, hard))
    with trainer(limits=limits) as process:
        output, _ = process.communicate()
    assert process.returncode == 1
    assert output.splitlines()[-1].startswith("[ERROR] cannot write")
    assert "ulimit -f" in output
    ModelStore(tmp_path).find("interrupted").validate()


@pytest.mark.parametrize(
    ("parameters", "models", "message"),
    [
        ({"track": "nowhere"}, "", "nowhere"),
        ({"model": "taken"}, "", "there is a model taken already: give resume:=true"),
        ({}, "/proc/models", "set $DEEPRACER_MODELS to a folder that you may write to"),
        ({"model": "taken", "resume": "true"}, "", "is being trained by another process"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(parameters, models, message, tmp_path, monkeypatch):
    store = ModelStore(tmp_path)
    session = begin({"name": "taken", "preprocessing": SMALL}, store)
    lock = ModelLock(session.bundle.path)
    monkeypatch.setenv("DEEPRACER_MODELS", models or str(tmp_path))
    with trainer(**parameters) as process:
        output, _ = process.communicate()
    lock.release()
    assert process.returncode == 1
    assert output.splitlines()[-1].startswith("[ERROR] ")
    assert message in output
    assert "Traceback" not in output
