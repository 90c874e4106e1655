"""Results of an evaluation: totals of trials, tables, files that come back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import MetricsError, StorageError
from deepracer_core.evaluation_report import TrialResult
from deepracer_core.trace_file import read_trace
from deepracer_sim.evaluation.config import EvaluationConfig
from deepracer_sim.evaluation.folder import (
    METRICS,
    RESULTS,
    TABLE,
    EvaluationFolder,
    default_folder,
)
from deepracer_sim.evaluation.results import Results, Trial, format_trials, read_results
from deepracer_sim.race_objects import ObjectPlan
from evaluation_samples import Drive
from untrained import create_untrained

NOW = datetime(2026, 11, 23, 10, 11, 12, 999_999, tzinfo=timezone.utc)
LAP = TrialResult(1, EpisodeStatus.LAP_COMPLETE, 100.0, 0.0, 12.5)
LATE = TrialResult(2, EpisodeStatus.LAP_COMPLETE, 100.0, 12.5, 40.0, off_tracks=2,
                   crashes=1, off_track_penalty=4.0, collision_penalty=5.0)  # fmt: skip
LOST = TrialResult(3, EpisodeStatus.OFF_TRACK, 50.0, 40.0, 45.0, off_tracks=1)


def results(*trials: Trial, laps: int = 1, **fields) -> Results:
    config = EvaluationConfig(laps=laps, objects=ObjectPlan(count=2)).to_dict()
    whole = {"model": "m", "track": "oval", "created": "then", "config": config, **fields}
    return Results(**whole, trials=trials, finished=True)


ONE_LAP = results(*(Trial(n, 9 * n, 1, (lap,)) for n, lap in enumerate((LAP, LATE, LOST), 1)))
TWO_LAPS = results(
    Trial(1, 7, 2, (LAP, LATE), (("friction", 0.8),)), Trial(2, 8, 2, (LOST,)), laps=2
)


def test_a_trial_is_the_sum_of_its_laps():
    good, bad = TWO_LAPS.trials
    assert good.complete
    assert (good.total.time, good.total.off_tracks, good.total.resets) == (40.0, 2, 3)
    assert (good.total.off_track_penalty, good.total.progress) == (4.0, 100.0)
    assert not bad.complete
    assert (bad.total.progress, bad.total.status) == (25.0, EpisodeStatus.OFF_TRACK)
    assert not Trial(1, 7, 2, (LAP,)).complete


def test_the_summary_counts_complete_laps():
    assert ONE_LAP.completed == 2
    assert ONE_LAP.lap_times == [12.5, 27.5]
    assert ONE_LAP.summary_line() == (
        "2 of 3 trials completed; best lap 00:12.500, mean lap 00:20.000"
    )
    assert results().to_dict()["summary"]["best_lap"] is None
    assert results().summary_line() == "0 of 0 trials completed"


def test_tables_name_tracks_and_laps_where_there_are_several():
    head, first, *_ = ONE_LAP.table().splitlines()
    assert head.split("  ")[0] == "Trial"
    assert first.split()[:3] == ["1", "00:12.500", "100%"]
    head, first, second = format_trials([TWO_LAPS]).splitlines()
    assert head.split()[:2] == ["Laps", "Trial"]
    assert (first.split()[0], second.split()[0]) == ("2/2", "0/2")
    head, *lines = format_trials([ONE_LAP, replace(ONE_LAP, track="ring")]).splitlines()
    assert head.split()[0] == "Track"
    assert [line.split()[0] for line in lines] == ["oval"] * 3 + ["ring"] * 3


@pytest.mark.parametrize("found", [ONE_LAP, TWO_LAPS, results()])
def test_files_come_back(tmp_path, found):
    folder = EvaluationFolder(tmp_path / "evaluation")
    folder.write(found)
    assert read_results(folder.path / RESULTS) == found
    assert (folder.path / TABLE).read_text() == found.table()
    records = json.loads((folder.path / METRICS).read_text())["metrics"]
    assert [record["trial"] for record in records] == list(range(1, len(found.laps) + 1))


def test_what_a_drive_writes_is_read_with_the_same_episodes(tmp_path):
    folder = EvaluationFolder(tmp_path)
    drive = Drive(EvaluationConfig(trials=2)).run()
    folder.append(drive.rows)
    folder.close()
    rows = read_trace(tmp_path / "evaluation-simtrace" / "0-iteration.csv")
    assert rows == drive.rows
    assert {row.episode + 1 for row in rows} == {
        lap.trial for trial in drive.marshal.trials for lap in trial.laps
    }


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "config": {}, "trials": []}']
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / RESULTS).write_text(content)
    with pytest.raises(MetricsError, match=RESULTS):
        read_results(tmp_path / RESULTS)
    with pytest.raises(StorageError):
        read_results(tmp_path / "none.json")


def test_an_evaluation_goes_to_its_model_and_that_of_a_shipped_one_to_the_users(tmp_path):
    shipped = tmp_path / "shipped"
    bundle = create_untrained(ModelStore(shipped), "came-along")
    store = ModelStore(tmp_path / "own", [shipped])
    own = create_untrained(store, "mine")
    assert default_folder(own, store, NOW) == own.path / "evaluation-20261123101112"
    folder = default_folder(bundle, store, NOW)
    assert folder == tmp_path / "own" / "came-along" / "evaluation-20261123101112"
    EvaluationFolder(folder)
    assert default_folder(bundle, store, NOW).name == "evaluation-20261123101113"
    taken = [default_folder(bundle, store, NOW)]
    assert default_folder(bundle, store, NOW, taken).name == "evaluation-20261123101114"
    assert store.find("came-along").path == bundle.path


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        EvaluationFolder(tmp_path / "file" / "evaluation")
