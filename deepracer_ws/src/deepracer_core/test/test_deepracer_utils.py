"""What we log is read by the public package deepracer-utils, in all folder layouts it knows."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.episode import EpisodeMonitor, EpisodeStatus
from deepracer_core.evaluation import Evaluation
from deepracer_core.evaluation_report import TrialResult
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.lane import Lane
from deepracer_core.metrics import EpisodeResult, Phase, TrainingMetrics
from deepracer_core.put_back import CarState
from deepracer_core.sim_trace import TraceRow, format_line
from deepracer_core.trace_file import TraceWriter, evaluation_trace_path, training_trace_path

READER = Path(__file__).with_name("deepracer_utils_reader.py")

PERIOD = 0.066  # [s]
ITERATIONS = 3
EPISODES = 4  # an iteration
LENGTH = 17.709
CHECKS = 2  # evaluation episodes after an iteration

COMPARED = {
    "episode": "episode",
    "steps": "steps",
    "x": "x",
    "y": "y",
    "yaw": "yaw",
    "steering_angle": "steering_angle",
    "speed": "speed",
    "reward": "reward",
    "done": "done",
    "on_track": "all_wheels_on_track",
    "progress": "progress",
    "closest_waypoint": "closest_waypoint",
    "track_len": "track_length",
    "tstamp": "time",
    "pause_duration": "pause_duration",
    "wall_clock": "wall_clock",
}
"""Columns of deepracer-utils, and our fields."""


def make_row(generator: np.random.Generator, **fields) -> TraceRow:
    x, y, yaw, reward = generator.normal(size=4)
    row = TraceRow(
        episode=0, steps=0, x=x, y=y, yaw=100 * yaw, steering_angle=15.0, speed=1.0,
        action=int(generator.integers(10)), reward=reward, done=False, all_wheels_on_track=True,
        progress=0.0, closest_waypoint=int(generator.integers(118)), track_length=LENGTH, time=0.0,
        status=EpisodeStatus.IN_PROGRESS, pause_duration=0.0, object_crashes=0, wall_clock=1.7e9,
    )  # fmt: skip
    return replace(row, **fields)


def drive_episode(generator: np.random.Generator, episode: int, start: float) -> list[TraceRow]:
    """An episode judged by our rules: laps in the later ones, off the track in the others."""
    monitor = EpisodeMonitor(1)
    rows: list[TraceRow] = []
    speed = 7.0 + episode  # percent of the lap in a step
    while not rows or not rows[-1].done:
        step = len(rows) + 1
        progress = min(speed * step, 100.0)
        off_track = episode < 6 and progress > 50.0
        position = [(0.1 * step, 0.0)]
        outcome = monitor.step([progress], [off_track], [False], position, [PERIOD * step])
        status = EpisodeStatus(outcome.status[0])
        rows.append(
            make_row(
                generator,
                episode=episode,
                steps=step,
                progress=progress,
                time=start + PERIOD * (step - 1),
                done=bool(outcome.done[0]),
                all_wheels_on_track=not off_track,
                status=EpisodeStatus.PREPARE if step == 1 else status,
                wall_clock=1.7e9 + start + step,
            )
        )
    return rows


def result_of(phase: Phase, rows: list[TraceRow]) -> EpisodeResult:
    last = rows[-1]
    reward = sum(row.reward for row in rows)
    return EpisodeResult(phase, last.status, reward, last.progress, rows[0].time, last.time)


def drive_evaluation(generator: np.random.Generator) -> tuple[list[TraceRow], list[TrialResult]]:
    """Three trials judged by our referee; in the second the car leaves the track and crashes."""
    evaluation = Evaluation(EvaluationRules(off_track_penalty=0.5, collision_penalty=1.0), LENGTH)
    rows: list[TraceRow] = []
    step = driven = 0
    while not evaluation.finished:
        if step == 0:
            evaluation.begin(PERIOD * len(rows))
            driven = 0
        time, trial = PERIOD * len(rows), len(evaluation.results)
        progress = min(5.0 * driven, 100.0)
        failing = trial == 1 and rows[-1].status is not EpisodeStatus.PAUSE
        car = CarState(
            time, progress, failing and driven == 5, failing and driven == 9, (driven, 0.0),
            progress / 100 * LENGTH, Lane.INNER,
        )  # fmt: skip
        verdict = evaluation.step(car)
        step += 1
        driven += verdict.hold == 0.0
        rows.append(
            make_row(
                generator,
                episode=trial,
                steps=step,
                progress=progress,
                time=time,
                status=verdict.status,
                pause_duration=verdict.hold,
                done=verdict.run_over,
                action=(15.0, 1.0),
            )
        )
        if verdict.run_over:
            step = 0
    return rows, evaluation.results


def write_trace(path: Path, rows: Sequence[TraceRow]) -> None:
    with TraceWriter(path) as writer:
        writer.append(rows)


def write_log(path: Path, rows: Sequence[TraceRow]) -> None:
    """A text log as the console's, with what deepracer-utils wants to know at its beginning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hyperparameters = json.dumps({"num_episodes_between_training": EPISODES}, indent=2)
    head = f"Using the following hyper-parameters\n{hyperparameters}\n"
    path.write_text(head + "".join(f"[simulation] {format_line(row)}\n" for row in rows))


class Run:
    """A training and an evaluation, and all the places that they are written to."""

    def __init__(self, root: Path) -> None:
        generator = np.random.default_rng(2018)
        self.metrics = TrainingMetrics(root / "TrainingMetrics.json")
        self.iterations: list[list[list[TraceRow]]] = []
        self.results: list[EpisodeResult] = []
        self._drive_training(generator)
        self.evaluation, self.trials = drive_evaluation(generator)
        layouts = root / "layouts"
        layouts.mkdir()
        stamp, iso = "20261123101112", "2026-11-23T10:11:12.898Z-model"
        self._write_traces(layouts / "drfc", layouts / "drfc" / f"evaluation-{stamp}")
        droa = layouts / "droa" / "sim-trace"
        self._write_traces(droa / "training" / iso, droa / "evaluation" / iso)
        self._write_two_workers(layouts / "workers", stamp)
        console = layouts / "console" / "sim-trace"
        self._write_traces(console / "training", console / "evaluation" / f"{stamp}-model")
        logs = layouts / "console" / "logs"
        write_log(logs / "training" / "training-job-robomaker.log", self.training)
        write_log(logs / "evaluation" / f"evaluation-{stamp}-job-robomaker.log", self.evaluation)
        write_log(root / "simulation.log", self.training)

    @property
    def training(self) -> list[TraceRow]:
        return [row for iteration in self.iterations for rows in iteration for row in rows]

    def _drive_training(self, generator: np.random.Generator) -> None:
        start = 0.0
        for iteration in range(ITERATIONS):
            self.metrics.begin_iteration()
            episodes = []
            for number in range(EPISODES + CHECKS):
                phase = Phase.TRAINING if number < EPISODES else Phase.EVALUATION
                rows = drive_episode(generator, EPISODES * iteration + number, start)
                start = rows[-1].time + 1.0
                self.results.append(result_of(phase, rows))
                self.metrics.append(self.results[-1])
                self.metrics.write()
                if phase is Phase.TRAINING:
                    episodes.append(rows)
            self.iterations.append(episodes)

    def _write_traces(self, training: Path, evaluation: Path) -> None:
        for iteration, episodes in enumerate(self.iterations):
            rows = [row for episode in episodes for row in episode]
            write_trace(training_trace_path(training, iteration), rows)
        write_trace(evaluation_trace_path(evaluation), self.evaluation)

    def _write_two_workers(self, folder: Path, stamp: str) -> None:
        """The episodes dealt to two workers, each of which counts its own."""
        for worker in (0, 1):
            for iteration, episodes in enumerate(self.iterations):
                rows = [
                    replace(row, episode=EPISODES // 2 * iteration + number)
                    for number, episode in enumerate(episodes[worker::2])
                    for row in episode
                ]
                write_trace(training_trace_path(folder / str(worker), iteration), rows)
        write_trace(evaluation_trace_path(folder / f"evaluation-{stamp}"), self.evaluation)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("deepracer_utils")


@pytest.fixture(scope="module")
def run(root) -> Run:
    return Run(root)


@pytest.fixture(scope="module")
def found(root, run) -> dict:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    (root / "elsewhere").mkdir()
    reading = subprocess.run(
        [sys.executable, READER, root],
        cwd=root / "elsewhere",
        env={**environment, "MPLBACKEND": "Agg", "HOME": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert reading.returncode == 0, reading.stderr
    return json.loads(reading.stdout)


def assert_rows(
    records: list[dict], rows: Sequence[TraceRow], *, rounded: bool = False, episode: bool = True
) -> None:
    """Compare rows in order: to the digit from CSV files, to 4 or 2 decimals from lines."""
    assert len(records) == len(rows)
    for record, row in zip(records, rows):
        for column, name in COMPARED.items():
            if column != "episode" or episode:
                tolerance = 0.005 if rounded else 0.0
                assert record[column] == pytest.approx(getattr(row, name), abs=tolerance, rel=0.0)
        assert record["episode_status"] == row.status.word
        # deepracer-utils knows discrete actions only.
        assert record["action"] == (row.action if isinstance(row.action, int) else -1)


def test_the_run_has_laps_and_failures(run):
    assert {result.status for result in run.results} == {
        EpisodeStatus.LAP_COMPLETE,
        EpisodeStatus.OFF_TRACK,
    }
    assert [trial.resets for trial in run.trials] == [0, 2, 0]


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        ("drfc", "DRFC_MODEL_SINGLE_WORKERS"),
        ("droa", "DROA_SOLUTION_LOGS"),
        ("console", "CONSOLE_MODEL_WITH_LOGS"),
        ("workers", "DRFC_MODEL_MULTIPLE_WORKERS"),
    ],
)
def test_folders_are_recognised(found, layout, kind):
    assert found["folders"][layout]["type"] == kind


@pytest.mark.parametrize("layout", ["drfc", "droa", "console"])
def test_training_traces_come_back(run, found, layout):
    records = found["folders"][layout]["training"]
    assert_rows(records, run.training, rounded=layout == "console")
    iterations = [
        number for number, episodes in enumerate(run.iterations) for rows in episodes for _ in rows
    ]
    assert [record["iteration"] for record in records] == iterations


def test_traces_of_two_workers_come_back(run, found):
    records = found["folders"]["workers"]["training"]
    dealt = [
        row
        for episodes in run.iterations
        for worker in (0, 1)
        for rows in episodes[worker::2]
        for row in rows
    ]
    assert_rows(records, dealt, episode=False)
    assert {record["worker"] for record in records} == {0, 1}
    unique = {record["unique_episode"] for record in records}
    assert unique == set(range(ITERATIONS * EPISODES))


@pytest.mark.parametrize("layout", ["drfc", "droa", "console", "workers"])
def test_evaluation_traces_come_back(run, found, layout):
    rounded = layout == "console"
    assert_rows(found["folders"][layout]["evaluation"], run.evaluation, rounded=rounded)


@pytest.mark.parametrize("layout", ["drfc", "droa", "console", "workers"])
def test_trials_have_the_lap_times_that_we_report(run, found, layout):
    trials = found["folders"][layout]["trials"]
    assert [trial["time"] for trial in trials] == pytest.approx([t.time for t in run.trials])
    assert [trial["complete"] for trial in trials] == [1, 1, 1]
    assert [trial["crashed"] for trial in trials] == [t.crashes for t in run.trials]
    assert [trial["off_track"] for trial in trials] == [t.off_tracks for t in run.trials]


def test_lines_come_back(run, found):
    assert_rows(found["lines"], run.training, rounded=True)


def test_metrics_come_back(run, found):
    for phase in Phase:
        records = found["metrics"][phase.value]
        results = [result for result in run.results if result.phase is phase]
        assert [record["reward"] for record in records] == [round(r.reward) for r in results]
        assert [record["completion"] for record in records] == [int(r.progress) for r in results]
        assert [record["time"] for record in records] == pytest.approx(
            [r.end_time - r.start_time for r in results], abs=0.0005
        )
        assert [record["complete"] for record in records] == [
            result.status is EpisodeStatus.LAP_COMPLETE for result in results
        ]


def test_metrics_are_sorted_into_iterations(run, found):
    per_iteration = EPISODES + CHECKS
    for iteration, summary in enumerate(found["metrics"]["summary"]):
        results = run.results[per_iteration * iteration : per_iteration * (iteration + 1)]
        assert summary["iteration"] == iteration
        assert (summary["train_episodes"], summary["eval_episodes"]) == (EPISODES, CHECKS)
        for name, phase in (("train", Phase.TRAINING), ("eval", Phase.EVALUATION)):
            progress = [int(result.progress) for result in results if result.phase is phase]
            assert summary[f"{name}_completion"] == pytest.approx(np.mean(progress))


def test_wall_clock_is_there_for_the_real_time_factor(found):
    assert all(math.isfinite(record["wall_clock"]) for record in found["lines"])
