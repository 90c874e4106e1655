"""What is asked of an evaluation is checked before anything starts, and refused with a hint."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import (
    BundleError,
    CameraError,
    ConfigError,
    DeepRacerError,
    PolicyError,
    RewardSourceError,
    SimulationError,
    StorageError,
    TrackError,
)
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import untrained_policy
from deepracer_core.new_action_space import grid
from deepracer_core.policy_spec import PolicySpec
from deepracer_core.reward.ready_made import reward_path
from deepracer_sim.evaluation.config import to_parameters
from deepracer_sim.evaluation.request import read_request
from untrained import create_untrained

TRACK = "reinvent_2018"
DEFAULTS = {
    "model": "untrained",
    "track": TRACK,
    "trials": "0",
    "laps": "1",
    "max_resets": "-1",
    "off_track_penalty": "2.0",
    "collision_penalty": "5.0",
    "max_steps": "3000",
    "max_speed": "4.0",
    "obstacles": "0",
    "obstacle_kind": "",
    "obstacle_positions": "",
    "bot_speed": "0.2",
    "reward_function": "",
    "output": "",
    "continuous": "false",
    "robustness": "false",
    "obstacles_at_random": "true",
    "bot_lane_changes": "false",
    "race_type": "time_trial",
    "direction": "as_defined",
    "pacing": "lockstep",
    "engine": "mujoco",
    "profile": "aws_sim",
    "level": "none",
    "seed": "0",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> ModelBundle:
    return create_untrained(ModelStore(tmp_path_factory.mktemp("made")), "untrained")


@pytest.fixture(autouse=True)
def store(made, tmp_path, monkeypatch) -> ModelStore:
    """A store with a copy of the model."""
    monkeypatch.setenv("DEEPRACER_MODELS", str(tmp_path / "models"))
    shutil.copytree(made.path, tmp_path / "models" / made.name)
    return ModelStore()


def read(**given):
    return read_request({**DEFAULTS, **given})


def test_what_is_not_given_is_as_usual(store):
    request = read()
    assert request.bundle.path == store.root / "untrained"
    config = request.configs[TRACK]
    assert (config.trials, config.laps, config.rules.max_resets) == (3, 1, 100)
    assert config.objects is None
    assert request.reward_function == ""
    (folder,) = request.folders.values()
    assert folder.parent == request.bundle.path
    assert not folder.exists()


def test_a_grid_has_fifty_trials_without_resets():
    config = read(robustness="true", level="mild").configs[TRACK]
    assert (config.trials, config.rules.max_resets) == (50, 0)
    config = read(robustness="true", trials="25", max_resets="2").configs[TRACK]
    assert (config.trials, config.rules.max_resets) == (25, 2)


def test_race_types_bring_their_objects():
    plan = read(race_type="object_avoidance").configs[TRACK].objects
    assert (plan.kind, plan.count, plan.randomize) == ("box", 6, True)
    given = {"obstacle_positions": "0.25,1 0.7,-1", "obstacle_kind": "parked_car"}
    plan = read(race_type="object_avoidance", **given).configs[TRACK].objects
    assert (plan.kind, plan.count, plan.positions) == ("parked_car", 2, ("0.25,1", "0.7,-1"))
    plan = (
        read(race_type="head_to_bot", bot_speed="0.5", bot_lane_changes="true")
        .configs[TRACK]
        .objects
    )
    assert (plan.kind, plan.count, plan.speed, plan.lane_changes) == ("bot_car", 3, 0.5, True)


def test_directions_are_those_of_each_track():
    assert not read().configs[TRACK].reverse
    assert not read(direction="counterclockwise").configs[TRACK].reverse
    assert read(direction="clockwise").configs[TRACK].reverse


def test_the_reward_function_of_the_model_is_the_usual_one(store, tmp_path):
    own = store.root / "untrained" / "reward_function.py"
    own.write_text("def reward_function(params):\n    return 1.0\n")
    assert read().reward_function == str(own)
    assert read(reward_function="none").reward_function == ""
    other = tmp_path / "other.py"
    other.write_text(own.read_text())
    assert read(reward_function=str(other)).reward_function == str(other)
    ready_made = read(reward_function="guide_basic").reward_function
    assert ready_made == str(reward_path("guide_basic"))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("nope.py", RewardSourceError, "nope.py: the file cannot be read"),
        ("nope", ConfigError, "name a Python file or one of guide_basic"),
    ],
)
def test_a_reward_function_that_is_not_there_is_refused(text, error, message):
    with pytest.raises(error) as caught:
        read(reward_function=text)
    assert message in str(caught.value)


def test_an_unreadable_reward_function_of_the_model_is_refused(store):
    (store.root / "untrained" / "reward_function.py").write_bytes(b"\xff")
    with pytest.raises(RewardSourceError, match="not UTF-8"):
        read()
    assert read(reward_function="none").reward_function == ""


@pytest.mark.parametrize("output", ["file", "file/below", "a" * 300])
def test_results_that_cannot_be_written_are_refused(tmp_path, output):
    (tmp_path / "file").touch()
    before = set(tmp_path.iterdir())
    with pytest.raises(StorageError, match=r"cannot write results into .*output:=FOLDER"):
        read(output=str(tmp_path / output))
    assert set(tmp_path.iterdir()) == before


def test_a_folder_for_results_is_tried_and_left_as_it_was(tmp_path):
    read(output=str(tmp_path / "new" / "one"))
    assert not (tmp_path / "new").exists()
    (tmp_path / "old").mkdir()
    read(output=str(tmp_path / "old"))
    assert list((tmp_path / "old").iterdir()) == []


def test_results_of_several_tracks_go_apart(tmp_path, monkeypatch):
    make_track(tmp_path, monkeypatch, "ring")
    folders = read(track="reinvent_2018, ring").folders
    assert list(folders) == ["reinvent_2018", "ring"]
    assert len(set(folders.values())) == 2
    folders = read(track="reinvent_2018,ring", output=str(tmp_path / "out")).folders
    assert folders["ring"] == tmp_path / "out" / "ring"
    assert read(output="out").folders["reinvent_2018"] == Path("out").absolute()


def make_track(tmp_path, monkeypatch, name: str) -> None:
    """The shipped track under another name, in a folder of the user."""
    source = Path(__file__).parents[4] / "worlds" / "reinvent_2018" / "track.yaml"
    (tmp_path / "worlds" / name).mkdir(parents=True)
    text = source.read_text().replace("name: reinvent_2018", f"name: {name}")
    (tmp_path / "worlds" / name / "track.yaml").write_text(text)
    monkeypatch.setenv("DEEPRACER_WORLDS", str(tmp_path / "worlds"))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"model": "untraned"}, BundleError, "did you mean untrained"),
        ({"model": ""}, BundleError, "which model?"),
        ({"track": "oval"}, TrackError, "'oval' not found"),
        ({"track": "reinvent_2018,reinvent_2018"}, ConfigError, "each once"),
        ({"track": ","}, ConfigError, "names of tracks"),
        ({"trials": "many"}, ConfigError, "trials:=many: give a whole number"),
        ({"trials": "-1"}, ConfigError, "trials is -1"),
        ({"laps": "0"}, ConfigError, "laps is 0"),
        ({"max_speed": "fast"}, ConfigError, "max_speed:=fast: give a number"),
        ({"off_track_penalty": "-1"}, ConfigError, "off_track_penalty"),
        ({"profile": "sleepy"}, SimulationError, "sleepy"),
        ({"obstacles": "2"}, ConfigError, "race_type:=object_avoidance"),
        ({"race_type": "object_avoidance", "obstacles": "60"}, ConfigError, "60 objects"),
        (
            {"race_type": "object_avoidance", "obstacle_positions": "0.3"},
            ConfigError,
            "object position '0.3'",
        ),
        ({"race_type": "head_to_bot", "engine": "planar"}, SimulationError, "engine:=mujoco"),
        ({"robustness": "true", "continuous": "true"}, ConfigError, "continuous or robustness"),
        ({"seed": "-4"}, ConfigError, "seed is -4"),
        ({"max_speed": "9"}, ConfigError, "max_speed is 9"),
        ({"collision_penalty": "inf"}, ConfigError, "collision_penalty is inf"),
        ({"race_type": "head_to_bot", "bot_speed": "9"}, ConfigError, "bot_speed:=9.0"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_with_a_hint(given, error, message):
    with pytest.raises(error) as caught:
        read(**given)
    assert message in str(caught.value)


def test_broken_bundles_are_refused(store):
    folder = store.root / "untrained"
    network = (folder / "policy.onnx").read_bytes()
    (folder / "policy.onnx").write_bytes(network[: len(network) // 2])
    with pytest.raises(PolicyError):
        read()
    (folder / "policy.onnx").unlink()
    with pytest.raises(BundleError, match=r"no policy\.onnx yet"):
        read()
    (folder / "model_metadata.json").write_text("{")
    with pytest.raises(DeepRacerError):
        read()


def test_a_model_with_two_cameras_does_not_fit(store):
    preprocessing = Preprocessing(width=80, height=60, crop_top=15, cameras=2)
    metadata = replace(ModelMetadata(grid()), sensors=("STEREO_CAMERAS",))
    spec = PolicySpec("stereo", preprocessing, metadata)
    files = {
        "model_metadata.json": metadata.to_json().encode(),
        "policy.onnx": untrained_policy(spec),
    }
    store.create("stereo", files)
    with pytest.raises(CameraError, match=r"stereo does not fit.*has one camera"):
        read(model="stereo")


def test_parameters_have_the_types_of_ros():
    config = read(race_type="object_avoidance").configs[TRACK]
    for name, value in to_parameters(config).items():
        assert isinstance(value, (bool, int, float, str, list)), name
