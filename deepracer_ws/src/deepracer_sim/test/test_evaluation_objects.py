"""Obstacles and bot cars of an evaluation are found again where the car met them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import ConfigError, MetricsError
from deepracer_sim.evaluation.config import EvaluationConfig
from deepracer_sim.evaluation.driven import read_driven
from deepracer_sim.evaluation.folder import RESULTS, EvaluationFolder
from deepracer_sim.evaluation.objects import find_worlds
from deepracer_sim.evaluation.results import Results
from deepracer_sim.race_objects import ObjectPlan, RaceObjects
from deepracer_sim.start import both_directions
from deepracer_sim.worlds import DEFAULT_TRACK
from env_samples import TRACK
from evaluation_samples import Drive, fail_at
from rails_samples import on_rails

BOXES = ObjectPlan("box", 4, randomize=True)
BOTS = ObjectPlan("bot_car", 3, randomize=True, speed=0.4, lane_changes=True)
RACES = {
    "boxes": EvaluationConfig(trials=2, race_type="object_avoidance", objects=BOXES),
    "bots": EvaluationConfig(trials=2, race_type="head_to_bot", objects=BOTS, seed=5),
    "laps": EvaluationConfig(trials=2, laps=2, race_type="head_to_bot", objects=BOTS),
    "no break": EvaluationConfig(trials=2, continuous=True, race_type="head_to_bot", objects=BOTS),
    "clockwise": EvaluationConfig(
        trials=2, reverse=True, race_type="object_avoidance", objects=BOXES
    ),
}


def write(folder: Path, drive: Drive, trials: int) -> Path:
    """The folder of an evaluation that ended, or was broken off, after so many trials."""
    ended = tuple(drive.marshal.trials[:trials])
    writer = EvaluationFolder(folder)
    writer.append(drive.rows)
    writer.write(Results("sample", DEFAULT_TRACK, "", drive.config.to_dict(), ended))
    writer.close()
    return folder


@pytest.mark.parametrize("ended", [2, 1])
@pytest.mark.parametrize("race", RACES)
def test_objects_are_where_the_simulator_had_them(tmp_path, race, ended):
    """The simulator knows the starts of its episodes only, of which one is after a failure."""
    config = RACES[race]
    drive = Drive(config, fail_at(6.0, left=0.8)).run()
    episodes = []
    for row in drive.rows:
        if row.status is EpisodeStatus.PREPARE or (
            row.status is EpisodeStatus.PAUSE and episodes[-1][-1].status is not row.status
        ):
            episodes.append([])
        episodes[-1].append(row)
    assert len(episodes) == len(drive.starts) > 1
    simulated = {}
    for start, rows in zip(drive.starts, episodes):
        objects = RaceObjects(config.objects, both_directions(TRACK), 1)
        objects.reset(np.array([0]), [start])
        for row in rows:
            time = start.race_time + row.time - rows[0].time
            simulated[row.time] = objects.at(np.array([time])).poses
    driven = read_driven(write(tmp_path, drive, ended))
    worlds = find_worlds(driven)
    assert {lap.trial for lap in driven.laps} == set(worlds) == {1, 2}
    for lap in driven.laps:
        for row in lap.rows:
            found = worlds[lap.trial](row.time).poses
            np.testing.assert_allclose(found, simulated[row.time], atol=1e-6)


def test_a_time_trial_has_no_objects(tmp_path):
    driven = read_driven(on_rails(tmp_path, EpisodeStatus.LAP_COMPLETE, steps=4))
    assert find_worlds(driven) == {}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"race_type": "object_avoidance", "objects": ["box"]}, MetricsError),
        ({"objects": {"kind": "tree"}}, ConfigError),
        (
            {"seed": "one", "race_type": "object_avoidance", "objects": {"kind": "box"}},
            MetricsError,
        ),
    ],
)
def test_results_that_contradict_themselves_are_refused(tmp_path, change, error):
    folder = on_rails(tmp_path, EpisodeStatus.LAP_COMPLETE, steps=4)
    values = json.loads((folder / RESULTS).read_text())
    values["config"].update(change)
    (folder / RESULTS).write_text(json.dumps(values))
    with pytest.raises(error):
        find_worlds(read_driven(folder))


def test_results_without_word_of_objects_are_refused(tmp_path):
    driven = read_driven(on_rails(tmp_path, EpisodeStatus.LAP_COMPLETE, steps=4))
    with pytest.raises(MetricsError, match="evaluate again"):
        find_worlds(replace(driven, results=replace(driven.results, config={})))
