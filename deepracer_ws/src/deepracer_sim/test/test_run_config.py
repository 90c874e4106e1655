"""Configurations of a training: presets, plain settings and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml
from deepracer_core.bundle.store import ModelStore
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import (
    ActionSpaceError,
    BundleError,
    ConfigError,
    DeepRacerError,
    StorageError,
)
from deepracer_sim.env_options import reward_path
from deepracer_sim.training.hyperparameters import Hyperparameters
from deepracer_sim.training.presets import PRESETS
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.session import begin, preview
from deepracer_sim.training.settings import read_settings

RACE = {"race_type": "object_avoidance", "engine": "mujoco"}


def test_the_defaults_are_those_of_the_preset():
    config = RunConfig.from_settings({})
    preset = PRESETS["fast"]
    assert config.hyperparameters == preset.hyperparameters
    assert (config.network, config.cars) == (preset.network, preset.cars)
    assert config.spec.preprocessing.input_shape == (1, 1, 45, 80)
    assert config.max_minutes == 150  # guide


def test_aws_is_what_aws_trains():
    config = RunConfig.from_settings({"preset": "aws"})
    values = config.hyperparameters
    # DRfC
    assert (values.batch_size, values.num_epochs, values.lr) == (64, 5, 3e-4)
    assert (values.beta_entropy, values.discount_factor, values.loss_type) == (0.01, 0.99, "huber")
    assert values.num_episodes_between_training == 20
    assert values.num_steps_between_training == 10_000
    assert (values.exploration_type, values.epsilon_steps) == ("categorical", 10_000)
    assert (values.stack_size, values.sac_alpha) == (1, 0.2)
    assert values.e_greedy_value == 0.05  # of the older console
    assert config.network == "classic"
    assert not config.shared_value
    assert config.preprocessing == Preprocessing(160, 120)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"preset": "aws", "description": "Übung", "max_minutes": 3},
        {
            "action_space": [
                {"steering_angle": -20.0, "speed": 1.0},
                {"steering_angle": 20.0, "speed": 1.5},
            ],
            "hyperparameters": {"lr": 1e-4, "stack_size": 2, "num_episodes_between_training": None},
            "preprocessing": {"colour": "rgb"},
            "network": "deep",
            "stop_when_good": False,
        },
        {
            "track": "reinvent_2018, reinvent_2018",
            "direction": "alternate",
            "race_type": "object_avoidance",
            "objects": {"count": 2, "positions": ["0.2,1", "0.6,-1"]},
            "engine": "mujoco",
            "max_episodes": 5,
            "good_evaluations": 3,
        },
        {"algorithm": "sac", "hyperparameters": {"replay_size": 2000}},
        {"name": "1e5", "description": "-2e3"},  # texts that look like numbers
    ],
)
def test_a_configuration_survives_its_file(settings, tmp_path):
    config = RunConfig.from_settings(settings)
    path = tmp_path / "training_params.yaml"
    path.write_text(config.to_yaml(), "utf-8")
    assert RunConfig.from_settings(read_settings(path)) == config


def test_a_list_of_actions_can_be_given_as_a_grid():
    grid = {"steering_granularity": 7, "max_speed": 2.0, "speed_granularity": 2}
    config = RunConfig.from_settings({"action_space": {"grid": grid}})
    assert config.action_space == PRESETS["aws"].action_space
    narrow = RunConfig.from_settings({"action_space": {"grid": {"max_steering_angle": 20.0}}})
    assert narrow.action_space.max_steering_angle == pytest.approx(np.radians(20.0))


def test_what_differs_is_laid_over_the_preset():
    config = RunConfig.from_settings({"hyperparameters": {"lr": 1e-4, "stack_size": 3}})
    assert config.hyperparameters.lr == 1e-4
    assert config.hyperparameters.batch_size == PRESETS["fast"].hyperparameters.batch_size
    assert config.spec.preprocessing.frames == 3


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"speed": 3}, ConfigError, "no setting 'speed'"),
        ({"preset": "slow"}, ConfigError, "no preset 'slow'; choose one of fast, aws"),
        ({"preset": 3}, ConfigError, "preset is 3: give a text"),
        ({"engine": "unreal"}, ConfigError, "engine 'unreal' is unknown: use one of planar"),
        ({"engine": "gazebo", "rollout": "vector"}, ConfigError, "gazebo is driven through ROS"),
        ({"rollout": "graph", "ray_address": "auto"}, ConfigError, "ray_address is for the vector"),
        ({"device": "tpu"}, ConfigError, "device 'tpu' is unknown: use one of auto, cpu, cuda"),
        ({"level": "hot"}, ConfigError, "level 'hot' is unknown"),
        ({"direction": "left"}, ConfigError, "direction 'left' is unknown"),
        ({"race_type": "f1"}, ConfigError, "race_type 'f1' is unknown: use one of time_trial"),
        ({"race_type": "head_to_bot"}, ConfigError, "engine planar: give engine:=mujoco"),
        ({"objects": {"count": 3}}, ConfigError, "a time_trial has no objects"),
        ({**RACE, "objects": {"count": 7}}, ConfigError, "7 objects: give 1 to 6"),
        ({**RACE, "objects": {"count": "7"}}, ConfigError, "count is '7'; give int"),
        ({**RACE, "objects": {"colour": 7}}, ConfigError, "objects have no 'colour'"),
        ({**RACE, "objects": {"kind": "bot_car"}}, ConfigError, "give one of box, parked_car"),
        ({"track": "a,b", "cars": 1}, ConfigError, "2 tracks for 1 cars"),
        ({"algorithm": "dqn"}, ConfigError, "algorithm 'dqn' is unknown"),
        ({"algorithm": "sac", "preset": "aws"}, ConfigError, "sac needs a continuous"),
        (
            {"hyperparameters": {"exploration_type": "e-greedy"}},
            ConfigError,
            "e-greedy is for a list of actions",
        ),
        ({"good_evaluations": 0}, ConfigError, "good_evaluations is 0: give 1 to 1000"),
        ({"network": "huge"}, ConfigError, "network 'huge' is unknown"),
        ({"name": "my model"}, BundleError, "holds ' '"),
        ({"preset": "aws", "workers": 8}, ConfigError, "8 workers for 4 cars"),
        (
            {"preprocessing": {"width": 40, "height": 30, "crop_top": 0}},
            ConfigError,
            "images of 30x40 are too small for this network",
        ),
        ({"cars": 0}, ConfigError, "cars is 0: give 1 to 512"),
        ({"cars": 2.5}, ConfigError, "cars is 2.5: give a whole number"),
        ({"cars": True}, ConfigError, "cars is True: give a whole number"),
        ({"max_minutes": -1}, ConfigError, "max_minutes is -1"),
        ({"stop_when_good": "yes"}, ConfigError, "give true or false"),
        ({"hyperparameters": {"momentum": 1}}, ConfigError, "no hyperparameter 'momentum'"),
        ({"hyperparameters": "lr"}, ConfigError, "give a mapping"),
        ({"preprocessing": {"width": 4}}, ConfigError, "width is 4"),
        ({"action_space": []}, ActionSpaceError, "this one has 0"),
        ({"action_space": {"grid": {"speed": 2}}}, ConfigError, "give a grid such as"),
        ({"action_space": {"grid": {"max_speed": 9.0}}}, ActionSpaceError, "speed"),
        ({"action_space": {"speed": {}}}, DeepRacerError, "steering_angle"),
        (
            {
                "action_space": {
                    "steering_angle": {"low": -30, "high": 30},
                    "speed": {"low": 0.5, "high": 9},
                }
            },
            ActionSpaceError,
            "speed_high is 9.0 m/s",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        RunConfig.from_settings(settings)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch_size": 100}, r"batch_size is 100: give one of \(32, 64"),
        ({"num_epochs": 11}, "num_epochs is 11: give a whole number from 1 to 10"),
        ({"num_epochs": 4.0}, "num_epochs is 4.0"),
        ({"lr": 0.01}, "lr is 0.01: give a number from 1e-08 to 0.001"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"beta_entropy": -0.1}, "beta_entropy is -0.1"),
        ({"discount_factor": 1.1}, "discount_factor is 1.1"),
        ({"loss_type": "l1"}, "loss_type is 'l1'"),
        ({"exploration_type": "greedy"}, "exploration_type is 'greedy'"),
        ({"epsilon_steps": 1.5}, "epsilon_steps is 1.5: give a whole number"),
        ({"sac_alpha": 0.0}, "sac_alpha is 0.0"),
        ({"num_episodes_between_training": 0}, "num_episodes_between_training is 0"),
        ({"num_steps_between_training": None}, "num_steps_between_training is None"),
    ],
)
def test_hyperparameters_have_ranges(values, message):
    with pytest.raises(ConfigError, match=message):
        Hyperparameters().with_overrides(values)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_within_the_ranges(name):
    assert RunConfig.from_settings({"preset": name}).preset == name


def test_files_without_settings_are_refused(tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        read_settings(tmp_path / "missing.yaml")
    path = tmp_path / "list.yaml"
    path.write_text(yaml.safe_dump([1]))
    with pytest.raises(ConfigError, match="holds no settings"):
        read_settings(path)
    path.write_text("a: [")
    with pytest.raises(ConfigError, match="no YAML"):
        read_settings(path)


def test_what_will_be_trained_is_known_before_anything_is_made(tmp_path):
    store, settings = ModelStore(tmp_path), {"name": "new", "max_steps": 7}
    config, reward = preview(settings, store)
    assert config == RunConfig.from_settings(settings)
    assert reward == reward_path(config.reward)
    assert not store.bundles()
    begin(settings, store)
    own = tmp_path / "new" / "reward_function.py"
    resumed = preview({"name": "new", "rollout": "graph", "cars": 3}, store, resume=True)
    assert resumed == (replace(config, rollout="graph"), own)
    cloned, reward = preview({"name": "next", "level": "strong"}, store, source="new")
    assert (cloned.name, cloned.level, reward) == ("next", "strong", own)
    _, reward = preview({"name": "next", "reward": "centre_line"}, store, source="new")
    assert reward == reward_path("centre_line")


def test_gazebo_is_driven_through_ros_without_being_asked():
    assert RunConfig.from_settings({"engine": "gazebo"}).rollout == "graph"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({**RACE, "objects": {"positions": ["0.2;1"]}}, "0.2;1"),
        ({"device": "cuda"}, "torch sees no GPU"),
        ({"preprocessing": {"width": 40, "height": 30, "crop_top": 0}}, "too small"),
    ],
)
def test_what_is_refused_takes_no_name(tmp_path, settings, message):
    if "device" in settings and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    store = ModelStore(tmp_path)
    with pytest.raises(ConfigError, match=message):
        begin({"name": "new", **settings}, store)
    assert not store.bundles()
    assert not list(tmp_path.iterdir())
