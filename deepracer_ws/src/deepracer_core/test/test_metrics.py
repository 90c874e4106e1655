"""Metrics files: the entries of AWS, refreshed without ever being half there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import MetricsError, StorageError
from deepracer_core.evaluation_report import TrialResult
from deepracer_core.metrics import (
    BestModelMetric,
    EpisodeResult,
    Phase,
    TrainingMetrics,
    write_evaluation_metrics,
)

LAP = EpisodeResult(Phase.TRAINING, EpisodeStatus.LAP_COMPLETE, 123.6, 100.0, 10.0, 25.9899)
SPIN = EpisodeResult(Phase.TRAINING, EpisodeStatus.OFF_TRACK, -0.4, 12.97, 30.0, 32.0)
CHECK = EpisodeResult(Phase.EVALUATION, EpisodeStatus.TIME_UP, 5.5, 55.5, 40.0, 220.0)


def test_training_entries_are_those_of_aws(tmp_path):
    metrics = TrainingMetrics(tmp_path / "training_metrics.json", BestModelMetric.REWARD)
    metrics.append(LAP)
    metrics.append(SPIN)
    metrics.append(CHECK)
    metrics.write()
    content = json.loads(metrics.path.read_text())
    assert (content["version"], content["best_model_metric"]) == (2.0, "reward")
    assert content["metrics"][0] == {
        "reward_score": 124,
        "metric_time": 25990,
        "start_time": 10000,
        "elapsed_time_in_milliseconds": 15990,
        "episode": 1,
        "trial": 1,
        "phase": "training",
        "completion_percentage": 100,
        "episode_status": "Lap complete",
    }
    assert [entry["completion_percentage"] for entry in content["metrics"]] == [100, 12, 55]
    assert [entry["reward_score"] for entry in content["metrics"]] == [124, 0, 6]
    assert content["metrics"][2]["phase"] == "evaluation"
    assert content["metrics"][2]["episode_status"] == "Time Up"


def numbers(metrics: TrainingMetrics) -> list[tuple[int, int]]:
    return [(record.episode, record.trial) for record in metrics.records]


def test_episodes_count_on_and_trials_within_an_iteration(tmp_path):
    metrics = TrainingMetrics(tmp_path / "m.json")
    for _ in range(2):
        metrics.begin_iteration()
        for result in (LAP, SPIN, CHECK, CHECK):
            metrics.append(result)
    assert numbers(metrics) == [(1, 1), (2, 2), (2, 2), (2, 2), (3, 1), (4, 2), (4, 2), (4, 2)]


def test_metrics_go_on_where_they_were(tmp_path):
    first = TrainingMetrics(tmp_path / "m.json", BestModelMetric.LAPTIME)
    for result in (LAP, SPIN, CHECK):
        first.append(result)
    first.write()
    metrics = TrainingMetrics.resume(tmp_path / "m.json")
    assert metrics.records == first.records
    assert metrics.best_model_metric is BestModelMetric.LAPTIME
    metrics.append(LAP)
    assert numbers(metrics)[-1] == (3, 1)


def test_metrics_without_episodes_can_be_resumed(tmp_path):
    TrainingMetrics(tmp_path / "m.json").write()
    assert TrainingMetrics.resume(tmp_path / "m.json").records == []


def test_evaluation_entries_are_those_of_aws(tmp_path):
    result = TrialResult(
        trial=2,
        status=EpisodeStatus.LAP_COMPLETE,
        progress=100.0,
        start_time=1.0,
        end_time=18.07,
        off_tracks=1,
        crashes=2,
        immobilizations=3,
        reversals=4,
        off_track_penalty=2.0,
        collision_penalty=10.0,
    )
    write_evaluation_metrics(tmp_path / "evaluation_metrics.json", [result])
    assert json.loads((tmp_path / "evaluation_metrics.json").read_text()) == {
        "metrics": [
            {
                "completion_percentage": 100,
                "metric_time": 18070,
                "start_time": 1000,
                "elapsed_time_in_milliseconds": 17070,
                "episode_status": "Lap complete",
                "crash_count": 2,
                "immobilized_count": 3,
                "off_track_count": 1,
                "reversed_count": 4,
                "reset_count": 10,
                "trial": 2,
            }
        ]
    }


GOOD = {
    "reward_score": 1, "metric_time": 1, "start_time": 0, "elapsed_time_in_milliseconds": 1,
    "episode": 1, "trial": 1, "phase": "training", "completion_percentage": 1,
    "episode_status": "Crashed",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ('{"metrics": [', "is not JSON"),
        ("\udcff", "is not JSON"),
        ("[]", "holds no object"),
        ("{}", "no training metrics"),
        ('{"metrics": [], "best_model_metric": "beauty"}', "'beauty' is not a valid"),
        ('{"metrics": [{"episode": 1}], "best_model_metric": "reward"}', "missing"),
        (
            json.dumps({"metrics": [{**GOOD, "episode": "1"}], "best_model_metric": "reward"}),
            "episode is '1'",
        ),
        (
            json.dumps({"metrics": [{**GOOD, "phase": 1}], "best_model_metric": "reward"}),
            "phase is 1",
        ),
        ('{"metrics": 5, "best_model_metric": "reward"}', "no training metrics"),
    ],
)
def test_broken_metrics_are_refused(tmp_path, text, message):
    path = tmp_path / "m.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(MetricsError, match=message) as refusal:
        TrainingMetrics.resume(path)
    assert str(path) in str(refusal.value)


def test_missing_metrics_are_reported(tmp_path):
    with pytest.raises(StorageError, match="cannot read"):
        TrainingMetrics.resume(tmp_path / "m.json")


def test_a_folder_that_is_gone_is_reported(tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        TrainingMetrics(tmp_path / "gone" / "m.json").write()


KILLED_WRITER = """
import sys
sys.path[:0] = {path!r}
from test_metrics import LAP, TrainingMetrics
metrics = TrainingMetrics({metrics!r})
while True:
    metrics.append(LAP)
    metrics.write()
    print(flush=True)
"""


@pytest.mark.parametrize("writes", [1, 4, 13])
def test_a_killed_process_leaves_whole_metrics(tmp_path, writes):
    path = tmp_path / "m.json"
    program = KILLED_WRITER.format(path=[str(Path(__file__).parent), *sys.path], metrics=str(path))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        for _ in range(writes):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert len(TrainingMetrics.resume(path).records) >= writes


def test_the_file_stays_small_however_long_a_training_is(tmp_path):
    metrics = TrainingMetrics(tmp_path / "m.json")
    metrics.most = 64
    for number in range(1, 1001):
        assert metrics.append(LAP).episode == number
        if number % 10 == 0:
            metrics.append(CHECK)
            metrics.append(CHECK)
        assert len(metrics.records) <= 64
    driven = [r.episode for r in metrics.records if r.phase == "training"]
    (distance,) = {after - before for before, after in pairwise(driven)}
    assert driven[0] == 1
    assert driven[-1] > 1000 - distance  # all over the training, evenly
    checked = [r.episode for r in metrics.records if r.phase == "evaluation"]
    assert checked[-2:] == [1000, 1000]
    metrics.write()
    again = TrainingMetrics.resume(metrics.path, episodes=1000)
    assert again.records == metrics.records
    for _ in range(distance):
        again.append(LAP)
    assert [r.episode - driven[-1] for r in again.records[len(metrics.records) :]] == [distance]
