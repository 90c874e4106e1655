"""Settings from files and arguments: who goes before whom, and what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from deepracer_core.errors import ConfigError
from deepracer_sim.training import plain_yaml
from deepracer_sim.training.run_config import DEFAULT_NAME, RunConfig
from deepracer_sim.training.settings import gather_settings, read_settings


@pytest.fixture
def shared(tmp_path) -> Path:
    """What a teacher hands out: the file of a model."""
    config = RunConfig.from_settings(
        {
            "name": "teacher",
            "race_type": "object_avoidance",
            "engine": "mujoco",
            "objects": {"count": 2},
            "hyperparameters": {"batch_size": 64},
        }
    )
    path = tmp_path / "training_params.yaml"
    path.write_text(config.to_yaml(), "utf-8")
    return path


def test_the_name_that_is_given_goes_before_that_of_the_file(shared):
    assert gather_settings("mine", str(shared), {})["name"] == "mine"
    assert gather_settings(DEFAULT_NAME, str(shared), {})["name"] == "teacher"
    assert gather_settings(DEFAULT_NAME, "", {})["name"] == DEFAULT_NAME


def test_an_argument_changes_only_the_parts_that_it_names(shared):
    given = {"hyperparameters": "{lr: 1e-4}", "objects": "{count: 3}"}
    config = RunConfig.from_settings(gather_settings("mine", str(shared), given))
    assert (config.hyperparameters.batch_size, config.hyperparameters.lr) == (64, 1e-4)
    assert config.objects.count == 3


def test_another_type_of_race_has_objects_of_its_own(shared):
    given = {"race_type": "time_trial"}
    config = RunConfig.from_settings(gather_settings("mine", str(shared), given))
    assert config.objects is None


def test_a_home_is_found(shared, monkeypatch):
    monkeypatch.setenv("HOME", str(shared.parent))
    assert read_settings("~/training_params.yaml")["name"] == "teacher"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("-2E3", -2e3), ("1.5e-3", 1.5e-3), ("'1e-4'", "1e-4"), ("1e", "1e")],
)
def test_numbers_are_written_as_people_write_them(text, value):
    assert plain_yaml.load(text) == value
    assert plain_yaml.load(plain_yaml.dump([value])) == [value]


BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n" for before, name in itertools.pairwise("abcdefghij")
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB + "name: *j\n", "without aliases"),
        ("objects: " + "[" * 5000 + "]" * 5000, "less than 20 deep"),
        ("description: " + "x" * 1_000_000, "longer than 1,000,000 characters"),
    ],
)
def test_a_hostile_file_of_settings_is_refused_before_it_grows(tmp_path, text, message):
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_settings(path)
