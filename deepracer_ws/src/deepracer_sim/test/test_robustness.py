"""The grid of conditions, and the heat map of what it found."""

from __future__ import annotations

import itertools
from collections import Counter

import cv2
import numpy as np
import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import SimulationError
from deepracer_core.evaluation_report import TrialResult
from deepracer_sim.evaluation.config import EvaluationConfig, plan_runs
from deepracer_sim.evaluation.heat_map import cells, draw_heat_map
from deepracer_sim.evaluation.results import Results, Trial
from deepracer_sim.evaluation.robustness import (
    QUANTITIES,
    VALUES,
    grid_ranges,
    grid_settings,
    orthogonal_array,
)
from deepracer_sim.latency import MAX_LATENCY
from deepracer_sim.randomisation import LEVELS, draw_settings


def test_every_value_meets_every_value_of_each_other_quantity_once():
    rows = orthogonal_array()
    assert len(rows) == 25
    for one, other in itertools.combinations(range(len(QUANTITIES)), 2):
        pairs = Counter((row[one], row[other]) for row in rows)
        assert set(pairs.values()) == {1}
        assert len(pairs) == VALUES**2


def test_the_rows_are_those_of_the_linear_array_in_another_order():
    grid = itertools.product(range(VALUES), repeat=2)
    wanted = {(a, b, *((a + factor * b) % VALUES for factor in (1, 2, 3))) for a, b in grid}
    assert set(orthogonal_array()) == wanted
    assert len(grid_settings("mild", 50)) == 50
    assert len(set(grid_settings("mild", 50))) == 25
    assert dict.fromkeys(grid_settings("mild", 25), 2) == Counter(grid_settings("mild", 50))


@pytest.mark.parametrize("trials", range(1, 26))
def test_the_first_trials_have_each_value_equally_often(trials):
    rows = orthogonal_array()[:trials]
    for column in zip(*rows):
        counts = [column.count(index) for index in range(VALUES)]
        assert max(counts) - min(counts) <= 1


def test_three_trials_are_not_all_on_one_side():
    for column in zip(*orthogonal_array()[:3]):
        assert min(column) <= VALUES // 2 <= max(column)


@pytest.mark.parametrize("level", LEVELS)
def test_the_values_span_the_level(level):
    settings = [dict(fixed) for fixed in grid_settings(level, 50)]
    assert settings[:25] == settings[25:]
    for name, (low, high) in grid_ranges(level).items():
        values = {fixed[name] for fixed in settings}
        assert (min(values), max(values), len(values)) == (low, high, VALUES)
        assert low < high
    assert 0.0 <= grid_ranges(level)["latency"][0] < grid_ranges(level)["latency"][1] <= MAX_LATENCY
    draw_settings(LEVELS[level], range(50), grid_settings(level, 50))  # which knows them all


def test_an_unknown_level_is_refused():
    with pytest.raises(SimulationError, match="wild"):
        grid_settings("wild", 50)


def results_of(trials: int) -> Results:
    """Trials that fail where friction is least."""
    config = EvaluationConfig(trials=trials, robustness=True, level="mild")
    found = []
    for number, run in enumerate(plan_runs(config), 1):
        good = dict(run.settings)["friction"] > 0.8
        status = EpisodeStatus.LAP_COMPLETE if good else EpisodeStatus.OFF_TRACK
        lap = TrialResult(
            number, status, 100.0 if good else 40.0, 20.0 * number, 20.0 * number + 13
        )
        found.append(Trial(number, run.seed, 1, (lap,), run.settings))
    return Results("some-model", "reinvent_2018", "", config.to_dict(), tuple(found), True)


def test_cells_tell_completion_by_two_quantities():
    columns, rows, completed, driven = cells(results_of(50).trials, "latency", "friction")
    assert (len(columns), len(rows)) == (VALUES, VALUES)
    assert (driven == 2).all()
    assert completed.sum(axis=1).tolist() == [0, 10, 10, 10, 10]
    _, _, completed, driven = cells(results_of(50).trials, "friction", "friction")
    assert driven.tolist() == [[10] * 5]
    assert completed.tolist() == [[0, 10, 10, 10, 10]]


@pytest.mark.parametrize("trials", [3, 50])
def test_the_heat_map_is_drawn_in_red_and_green(tmp_path, trials):
    draw_heat_map(tmp_path / "robustness.png", results_of(trials))
    blue, green, red = np.moveaxis(cv2.imread(str(tmp_path / "robustness.png")).astype(int), 2, 0)
    assert (green - red > 60).sum() > 1000
    assert (red - green > 60).sum() > 1000
    assert min(blue.shape) > 600
