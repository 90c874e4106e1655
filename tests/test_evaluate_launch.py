"""Evaluation as a user launches it: tables, files, several tracks, and every way to fail."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.episode import EpisodeStatus
from deepracer_core.trace_file import read_trace
from deepracer_drive.models import open_store
from deepracer_sim.evaluation.folder import RESULTS
from deepracer_sim.evaluation.results import Results, read_results
from launched import Launched
from untrained import create_untrained

ROOT = Path(__file__).parents[1]
EVALUATE = ("deepracer_sim", "evaluate.launch.py")
PLANAR = (*EVALUATE, "engine:=planar", "pictures:=false")
TRACKS = ("reinvent_2018", "twin")
TRACE = "evaluation-simtrace/0-iteration.csv"
PATIENCE = 600.0  # [s] for a whole evaluation on a busy machine

pytestmark = pytest.mark.timeout(2 * PATIENCE)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> Path:
    """A folder of the user with the shipped track under another name."""
    folder = tmp_path_factory.mktemp("worlds")
    text = (ROOT / "worlds" / TRACKS[0] / "track.yaml").read_text()
    (folder / TRACKS[1]).mkdir()
    (folder / TRACKS[1] / "track.yaml").write_text(
        text.replace(f"name: {TRACKS[0]}", f"name: {TRACKS[1]}")
    )
    return folder


@pytest.fixture(scope="module")
def model(ros_isolation) -> Path:
    """Folder of a model of the user that drives well."""
    sample = open_store().find("reinvent-2018-sample")
    folder = ModelStore().root / "racer"
    shutil.copytree(sample.path, folder)
    return folder


@pytest.fixture(scope="module")
def novice(ros_isolation) -> Path:
    """Folder of a model that leaves the track soon."""
    return create_untrained(ModelStore(), "novice").path


@pytest.fixture(scope="module")
def evaluated(model, worlds) -> str:
    """What an evaluation on two tracks printed."""
    arguments = (f"track:={','.join(TRACKS)}", "trials:=2", "level:=mild", "seed:=3")
    environment = {"DEEPRACER_WORLDS": str(worlds)}
    with Launched(*PLANAR, "model:=racer", *arguments, environment=environment) as running:
        status = running.wait_for_end(PATIENCE)
        assert running.processes() == {}
    assert status == 0, running.output
    assert "Traceback" not in running.output
    return running.output


@pytest.fixture(scope="module")
def folders(evaluated, model) -> list[Path]:
    return sorted(model.glob("evaluation-*"))


@pytest.fixture(scope="module")
def results(folders) -> list[Results]:
    return [read_results(folder / RESULTS) for folder in folders]


def test_the_table_of_all_tracks_is_printed_at_the_end(evaluated):
    head, *lines = evaluated[evaluated.index("racer on reinvent_2018, twin") :].splitlines()[1:]
    assert head.split("] ")[1].split()[0] == "Track"
    rows = [line.split("] ")[1].split() for line in lines[:4]]
    assert [row[0] for row in rows] == [TRACKS[0]] * 2 + [TRACKS[1]] * 2
    assert [row[3] for row in rows] == ["100%"] * 4
    assert "reinvent_2018: 2 of 2 trials completed; best lap 00:1" in evaluated
    assert "trial 1 of 2: 50 % after 00:0" in evaluated


def test_the_same_model_and_seed_give_the_same_table_and_the_same_steps(folders, results):
    one, other = results
    assert (one.track, other.track) == TRACKS
    assert one.trials == other.trials
    assert one.table() == other.table()
    rows = [
        [replace(row, wall_clock=0.0) for row in read_trace(folder / TRACE)] for folder in folders
    ]
    assert rows[0] == rows[1]
    first, second = one.trials
    assert first.total.time != second.total.time  # mild: no two trials are alike


def test_files_agree_with_each_other(folders, results):
    found, folder = results[0], folders[0]
    assert found.finished
    assert (folder / "table.txt").read_text() == found.table()
    records = json.loads((folder / "evaluation_metrics.json").read_text())["metrics"]
    assert [record["elapsed_time_in_milliseconds"] for record in records] == [
        round(trial.total.time * 1000) for trial in found.trials
    ]
    rows = read_trace(folder / TRACE)
    assert [row.episode for row in rows if row.done] == [0, 1]
    assert {row.reward > 0.0 for row in rows[1:-1]} == {True}
    assert (folders[0] / TRACE).with_name("0-iteration.csv.part").exists() is False


def test_deepracer_utils_finds_and_reads_the_evaluations_of_a_model(folders, results, model):
    (model / "training-simtrace").mkdir()
    shutil.copy(folders[0] / TRACE, model / "training-simtrace" / "0-iteration.csv")
    core = ROOT / "deepracer_ws" / "src" / "deepracer_core" / "test"
    program = (
        "import contextlib, json, sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from deepracer_utils_reader import _read_folder\n"
        "with contextlib.redirect_stdout(sys.stderr): found = _read_folder(Path(sys.argv[1]))\n"
        "print(json.dumps([found['type'], found['trials']]))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    reading = subprocess.run(
        [sys.executable, "-c", program, model, core],
        cwd=core,
        env={**environment, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=True,
    )
    kind, trials = json.loads(reading.stdout)
    assert kind == "DRFC_MODEL_SINGLE_WORKERS"
    expected = [trial for found in results for trial in found.trials]
    assert [trial["time"] for trial in trials] == pytest.approx(
        [trial.total.time for trial in expected]
    )
    assert {trial["stream"] for trial in trials} == {
        folder.name.removeprefix("evaluation-") for folder in folders
    }


def test_a_car_that_leaves_the_track_waits_and_goes_on(novice, tmp_path):
    arguments = ("trials:=1", "max_resets:=2", "off_track_penalty:=1.0", f"output:={tmp_path}/out")
    with Launched(*PLANAR, f"model:={novice}", *arguments) as running:
        assert running.wait_for_end(PATIENCE) == 0, running.output
    assert running.output.count(", put back, 1 s penalty") == 2
    (trial,) = read_results(tmp_path / "out" / RESULTS).trials
    assert (trial.complete, trial.total.off_tracks, trial.total.off_track_penalty) == (False, 3, 2)
    rows = read_trace(tmp_path / "out" / TRACE)
    statuses = [row.status for row in rows]
    assert statuses.count(EpisodeStatus.OFF_TRACK) == 3
    assert statuses.count(EpisodeStatus.PAUSE) == 2 * 15  # 1 s
    held = [row for row in rows if row.status is EpisodeStatus.PAUSE][:15]
    assert max(row.x for row in held) - min(row.x for row in held) < 0.01
    times = [row.time for row in rows]
    assert times == pytest.approx([0.066 * number for number in range(len(rows))])
    assert trial.total.time == pytest.approx(times[-1])


def test_when_a_node_dies_the_evaluation_fails_and_keeps_what_it_has(novice, tmp_path):
    with Launched(*PLANAR, f"model:={novice}", f"output:={tmp_path}") as running:
        running.wait_for("put back", PATIENCE)
        os.kill(running.nodes()["simulator"], signal.SIGKILL)
        assert running.wait_for_end(PATIENCE) == 1
        assert running.processes() == {}
    assert "simulator has ended in the middle of the evaluation" in running.output
    assert "Traceback" not in running.output
    found = read_results(tmp_path / RESULTS)
    assert not found.finished
    assert read_trace(tmp_path / TRACE)


def test_ctrl_c_keeps_what_there_is(novice, tmp_path):
    with Launched(*PLANAR, f"model:={novice}", f"output:={tmp_path}") as running:
        running.wait_for("put back", PATIENCE)
        running.press_ctrl_c()
        running.wait_for_end(PATIENCE)
        assert running.processes() == {}
    assert "Traceback" not in running.output
    assert "in the middle" not in running.output
    assert not read_results(tmp_path / RESULTS).finished


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("model:=racers",), "did you mean racer?"),
        (("model:=racer", "track:=oval"), "track 'oval' not found"),
        (("model:=racer", "reward_function:=/none.py"), "/none.py: the file cannot be read"),
        (("model:=racer", "output:=/dev/null/out"), "cannot write results into /dev/null/out"),
    ],
)
def test_what_cannot_be_evaluated_ends_with_the_reason_and_exit_code_1(model, arguments, message):
    before = set(model.iterdir())
    with Launched(*PLANAR, *arguments) as running:
        assert running.wait_for_end(PATIENCE) == 1
        assert running.processes() == {}
    assert message in running.output
    assert "process started" not in running.output
    assert set(model.iterdir()) == before


def test_arguments_are_described():
    shown = subprocess.run(
        ["ros2", "launch", *EVALUATE, "--show-args"], capture_output=True, text=True, check=True
    ).stdout
    for name in ("model", "track", "trials", "laps", "engine", "robustness", "pacing", "race_type"):
        assert f"'{name}':" in shown
    assert "no description given" not in shown
