"""The page docs/first-model.md, word by word: each of its commands, in its order."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
from launched import Launched

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "first-model.md").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
PATIENCE = 280  # [s] until a test gives up; a minute is enough on an idle machine


def command_with(*words: str) -> str:
    """The one command of the page that holds these words."""
    (found,) = [line for line in COMMANDS if all(word in line for word in words)]
    return found


class Reader:
    """Somebody who types what the page says, at home in an empty folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.typed: list[str] = []
        self.environment = {**os.environ, "HOME": str(home)}
        self.environment.pop("DEEPRACER_MODELS")
        self.models = home / ".deepracer" / "models"

    def runs(self, *words: str) -> str:
        """Run a command to its end; return what it said."""
        command = command_with(*words)
        self.typed.append(command)
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def launches(self, *words: str) -> Launched:
        """Start what `ros2 launch` starts."""
        command = command_with(*words)
        self.typed.append(command)
        program, verb, *arguments = shlex.split(command)
        assert (program, verb) == ("ros2", "launch")
        # DEEPRACER_MODELS, empty, is as good as unset.
        environment = {"HOME": str(self.home), "DEEPRACER_MODELS": ""}
        return Launched(*arguments, environment=environment, folder=self.home)

    def launches_to_the_end(self, *words: str) -> str:
        """Wait until what `ros2 launch` started has ended by itself; return what it said."""
        with self.launches(*words) as running:
            status = running.wait_for_end(PATIENCE)
            assert status == 0, running.output
            assert running.processes() == {}
        return running.output


@pytest.fixture(scope="module")
def reader(tmp_path_factory, ros_isolation) -> Reader:
    return Reader(tmp_path_factory.mktemp("home"))


def test_it_begins_with_the_setup_of_the_readme(reader):
    command = command_with("bootstrap.sh")
    assert command in (ROOT / "README.md").read_text("utf-8")
    reader.typed.append(command)  # and run it was, or this test would not run


def test_the_basic_function_is_valid(reader):
    assert "guide_basic.py: passed" in reader.runs("validate_reward")


def test_a_model_is_trained(reader):
    said = reader.launches_to_the_end("train.launch.py", "model:=my-first-model")
    assert "good enough" in said
    for name in ("policy.onnx", "training.png", "model_card.md"):
        assert (reader.models / "my-first-model" / name).is_file()
    card = (reader.models / "my-first-model" / "model_card.md").read_text("utf-8")
    assert "Follows the middle of the track" in card


def test_its_curves_are_shown(reader):
    command = command_with("tensorboard")
    reader.typed.append(command)
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command} --port 0"],
        env=reader.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert any("http://" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)


def test_it_is_evaluated(reader):
    said = reader.launches_to_the_end("evaluate.launch.py")
    assert re.search(r"\b1\b.*\b0\d:\d\d\.\d{3}\b.*100", said), said
    assert list((reader.models / "my-first-model").glob("evaluation-*/results.json"))


def test_it_is_watched(reader):
    with reader.launches("simulate.launch.py") as running:
        running.wait_for("Lap complete")
        running.press_ctrl_c()
        running.wait_for_end()
        assert running.processes() == {}


def test_it_is_cloned(reader):
    said = reader.launches_to_the_end("clone:=my-first-model")
    assert "guide_basic" in said
    assert "swift_and_centred" in said
    assert "good enough" in said


def test_it_is_deployed_and_driven(reader):
    reader.runs("export_model")
    assert (reader.home / "my-second-model.tar.gz").stat().st_size > 10_000
    with reader.launches("drive.launch.py") as running:
        running.wait_for("drives by model my-second-model")
        assert "STOPPED" in reader.runs("car status")
        reader.runs("car stop")
        running.press_ctrl_c()
        running.wait_for_end()
        assert running.processes() == {}


def test_no_command_was_left_out(reader):
    assert reader.typed == COMMANDS
