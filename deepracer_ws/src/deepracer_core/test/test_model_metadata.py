"""model_metadata.json: every version and field, files of strangers, and the way there and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from deepracer_core.action_space import ContinuousActionSpace, DiscreteActionSpace
from deepracer_core.errors import ModelMetadataError
from deepracer_core.model_metadata import (
    CAMERAS,
    LIDARS,
    NEURAL_NETWORKS,
    VERSIONS,
    LidarConfig,
    ModelMetadata,
)
from deepracer_core.new_action_space import grid
from hypothesis import given
from hypothesis import strategies as st

ACTIONS = [{"steering_angle": -30, "speed": 0.6}, {"steering_angle": 15.5, "speed": 1}]
RANGES = {"steering_angle": {"low": -30, "high": 20}, "speed": {"low": 0.5, "high": 2}}
DISCRETE = DiscreteActionSpace.from_degrees([(-30, 0.6), (15.5, 1)])
CONTINUOUS = ContinuousActionSpace.from_degrees(-30, 20, 0.5, 2)
CAMERA = ["FRONT_FACING_CAMERA"]
FULL = {
    "action_space": ACTIONS,
    "sensor": CAMERA,
    "neural_network": "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    "training_algorithm": "clipped_ppo",
    "action_space_type": "discrete",
    "version": "5",
}


def read(**changes):
    """Read the full example with some fields changed, and those that are `...` left out."""
    document = {**FULL, **changes}
    return ModelMetadata.from_json(
        json.dumps({name: value for name, value in document.items() if value is not ...})
    )


def refused(**changes):
    with pytest.raises(ModelMetadataError) as error:
        read(**changes)
    return str(error.value)


class TestFields:
    def test_a_discrete_example(self):
        assert read() == ModelMetadata(DISCRETE)

    def test_a_continuous_example(self):
        metadata = read(action_space=RANGES, action_space_type="continuous", version="4")
        assert metadata == ModelMetadata(CONTINUOUS, version=4)
        assert metadata.action_space_type == "continuous"

    def test_the_shortest_file(self):
        assert read(**dict.fromkeys(FULL, ...) | {"action_space": ACTIONS}) == ModelMetadata(
            DISCRETE, sensors=("observation",), version=1
        )

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("form", [str, int, float, "{}.0".format])
    def test_every_version(self, version, form):
        assert read(version=form(version)).version == version

    def test_a_file_without_version_is_one_or_two(self):
        assert read(version=..., sensor=...).version == 1
        assert read(version=..., sensor=...).sensors == ("observation",)
        assert read(version=...).version == 2
        assert read(version=...).sensors == ("FRONT_FACING_CAMERA",)

    def test_version_one_has_always_seen_one_camera(self):
        assert read(version="1").sensors == ("observation",)

    @pytest.mark.parametrize("camera", CAMERAS)
    @pytest.mark.parametrize("lidar", [None, *LIDARS])
    def test_every_sensor(self, camera, lidar):
        sensors = [camera] if lidar is None else [lidar, camera]
        assert read(sensor=sensors).sensors == tuple(sensors)

    @pytest.mark.parametrize("network", NEURAL_NETWORKS)
    def test_every_network(self, network):
        assert read(neural_network=network).neural_network == network

    def test_the_case_of_algorithm_and_type_does_not_matter(self):
        metadata = read(
            action_space=RANGES, action_space_type=" Continuous", training_algorithm="SAC "
        )
        assert metadata.training_algorithm == "sac"

    def test_fields_that_may_be_missing(self):
        metadata = read(neural_network=..., training_algorithm=..., action_space_type=...)
        assert metadata == ModelMetadata(DISCRETE)
        assert read(action_space=RANGES, action_space_type=...).action_space == CONTINUOUS

    def test_the_index_of_old_files_is_dropped(self):
        old = [{**action, "index": 7} for action in ACTIONS]
        assert read(action_space=old) == read()

    def test_lidar_config(self):
        assert read().lidar_config is None
        assert read(lidar_config={}).lidar_config == LidarConfig(8, 8, 2.0)
        given_config = {"num_sectors": 16, "num_values_per_sector": 4, "clipping_dist": 3}
        assert read(lidar_config=given_config).lidar_config == LidarConfig(16, 4, 3.0)

    def test_notes_of_other_tools_are_kept(self):
        notes = {"llm_config": {"max_tokens": 1000, "prompt": ["a"]}, "author": None}
        metadata = read(**notes)
        assert metadata.extra == notes
        written = json.loads(metadata.to_json())
        assert {name: written[name] for name in notes} == notes


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"action_space": ...}, "action_space is missing: add it"),
            ({"action_space": []}, "an action space has 1 to 256 actions, this one has 0"),
            ({"action_space": "x"}, "action_space is a string: write an object {...}"),
            ({"action_space": [1]}, "action_space[0] is an integer: write an object {...}"),
            (
                {"action_space": [*ACTIONS, {"speed": 1}]},
                "action_space[2].steering_angle is missing: add it",
            ),
            (
                {"action_space": [{"steering_angle": "-30", "speed": 1}]},
                "action_space[0].steering_angle is a string: write a number",
            ),
            (
                {"action_space": [{"steering_angle": 0, "speed": True}]},
                "action_space[0].speed is true or false: write a number",
            ),
            (
                {"action_space": [{"steering_angle": 0, "speed": 1, "brake": 1}]},
                "'action_space[0].brake' is an unknown field: remove it, or correct it to one of ",
            ),
            (
                {"action_space": [{**ACTIONS[0], "index": "0"}]},
                "action_space[0].index is a string: write an integer",
            ),
            (
                {"action_space": [ACTIONS[0], {"steering_angle": 90, "speed": 1}]},
                "action 1: steering_angle is 90.0 deg: give -45 to 45 deg",
            ),
            (
                {"action_space": [ACTIONS[0], {"steering_angle": 0, "speed": -1}]},
                "action 1: speed is -1.0 m/s: give 0 to 10 m/s",
            ),
            ({"action_space": {"speed": {}}}, "action_space.steering_angle is missing: add it"),
            (
                {"action_space": {**RANGES, "speed": {"low": 1}}},
                "action_space.speed.high is missing: add it",
            ),
            (
                {"action_space": {**RANGES, "speed": 1}},
                "action_space.speed is an integer: write an object {...}",
            ),
            (
                {"action_space": {**RANGES, "speed": {"low": 2, "high": 1}}},
                "speed_low is above speed_high: swap them",
            ),
            ({"sensor": ...}, "sensor is missing: add it"),
            ({"sensor": "LIDAR"}, "sensor is a string: write a list of strings"),
            ({"sensor": []}, "sensor is []: give exactly one camera of observation, "),
            ({"sensor": ["LIDAR"]}, "sensor is ['LIDAR']: give exactly one camera"),
            ({"sensor": CAMERA * 2}, "sensor is ['FRONT_FACING_CAMERA', 'FRONT_FACING_CAMERA']"),
            ({"sensor": [*CAMERA, "LIDAR", "LIDAR"]}, "sensor is ['FRONT_FACING_CAMERA', 'LIDAR'"),
            ({"sensor": [*CAMERA, "IMU"]}, "sensor 'IMU' is unknown: use one of observation, "),
            ({"neural_network": "LLM"}, "neural_network 'LLM' is unknown: use one of DEEP_"),
            ({"neural_network": None}, "neural_network is null: write a string"),
            ({"training_algorithm": "dqn"}, "training_algorithm 'dqn' is unknown: use one of"),
            ({"training_algorithm": "sac"}, "training_algorithm sac has a discrete action space"),
            ({"action_space_type": "mixed"}, "action_space_type 'mixed' is unknown: use one of"),
            (
                {"action_space_type": "continuous"},
                "action_space_type is continuous, but action_space is written as a discrete one",
            ),
            (
                {"action_space": RANGES},
                "action_space_type is discrete, but action_space is written as a continuous one",
            ),
            ({"lidar_config": []}, "lidar_config is a list: write an object {...}"),
            ({"lidar_config": {"sectors": 8}}, "'lidar_config.sectors' is an unknown field"),
            ({"lidar_config": {"num_sectors": 8.0}}, "lidar_config.num_sectors is a fraction"),
            ({"lidar_config": {"num_sectors": 0}}, "lidar_config.num_sectors is 0: give a divisor"),
            ({"lidar_config": {"num_sectors": 7}}, "lidar_config.num_sectors is 7: give a divisor"),
            ({"lidar_config": {"num_values_per_sector": 0}}, "lidar_config.num_values_per_sector"),
            ({"lidar_config": {"num_values_per_sector": 257}}, "lidar_config.num_values_per"),
            ({"lidar_config": {"clipping_dist": 0.149}}, "lidar_config.clipping_dist is 0.149 m"),
            ({"lidar_config": {"clipping_dist": 12.01}}, "lidar_config.clipping_dist is 12.01 m"),
        ],
        ids=repr,
    )
    def test_a_wrong_field_is_named_with_its_repair(self, changes, message):
        assert refused(**changes).startswith(message)

    @pytest.mark.parametrize("version", ["0", "7", 0, 7, -1, 5.5, "5.5", "five", True, None, []])
    def test_unknown_versions(self, version):
        assert refused(version=version) == (f"version is {str(version)!a}: this stack knows 1 to 6")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            b"\xff",
            "{" * 10_000,
            '{"action_space": NaN}',
            '{"action_space": [{"steering_angle": 1e999, "speed": 1}]}',
            '{"action_space": [{"speed": 1, "steering_angle": 0, "speed": 2}]}',
            " " * 2_000_000,
        ],
        ids=lambda text: repr(text)[:30],
    )
    def test_hostile_files(self, text):
        with pytest.raises(ModelMetadataError):
            ModelMetadata.from_json(text)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"version": 7}, "version is 7: this stack knows 1 to 6"),
            ({"version": 1}, "version 1 sees 'observation' only"),
            ({"sensors": ()}, "sensor is []"),
            ({"neural_network": "x"}, "neural_network 'x' is unknown"),
            ({"training_algorithm": "sac"}, "training_algorithm sac has a discrete"),
            ({"extra": {"version": "5"}}, "extra repeats the fields ['version']: remove them"),
        ],
        ids=repr,
    )
    def test_what_code_builds_is_checked_as_well(self, changes, message):
        with pytest.raises(ModelMetadataError) as error:
            replace(ModelMetadata(DISCRETE), **changes)
        assert str(error.value).startswith(message)


class TestWriting:
    def test_a_new_model(self):
        assert json.loads(ModelMetadata(DISCRETE).to_json()) == FULL

    def test_the_order_is_that_of_aws(self):
        assert list(json.loads(ModelMetadata(DISCRETE).to_json())) == list(FULL)

    def test_version_one_has_no_sensor(self):
        written = ModelMetadata(DISCRETE, sensors=("observation",), version=1).to_json()
        assert "sensor" not in json.loads(written)

    def test_degrees_are_written_as_people_write_them(self):
        space = DiscreteActionSpace(((math.radians(30), 1.0), (math.radians(-12.3), 1.0)))
        written = json.loads(ModelMetadata(space).to_json())
        assert [action["steering_angle"] for action in written["action_space"]] == [30.0, -12.3]

    def test_the_grid_of_the_console_returns_exactly(self):
        metadata = ModelMetadata(grid(math.radians(25), 7, 3.1, 3))
        assert ModelMetadata.from_json(metadata.to_json()) == metadata


degrees = st.floats(-45, 45)
speeds = st.floats(0.01, 10)
discrete = st.lists(st.tuples(degrees, speeds), min_size=1, max_size=8).map(
    DiscreteActionSpace.from_degrees
)
continuous = st.tuples(degrees, degrees, speeds, speeds).map(
    lambda bounds: ContinuousActionSpace.from_degrees(*sorted(bounds[:2]), *sorted(bounds[2:]))
)
extras = st.dictionaries(
    st.text().filter(lambda name: name not in {*FULL, "lidar_config"}),
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    max_size=3,
)
lidar_configs = st.builds(
    LidarConfig,
    st.sampled_from([1, 2, 4, 8, 16, 32, 64]),
    st.integers(1, 256),
    st.floats(0.15, 12),
)


@st.composite
def metadatas(draw):
    space = draw(discrete | continuous)
    version = draw(st.sampled_from(VERSIONS))
    camera, lidar = draw(st.sampled_from(CAMERAS)), draw(st.sampled_from(["", *LIDARS]))
    is_continuous = isinstance(space, ContinuousActionSpace)
    return ModelMetadata(
        action_space=space,
        sensors=("observation",) if version == 1 else (camera, lidar) if lidar else (camera,),
        neural_network=draw(st.sampled_from(NEURAL_NETWORKS)),
        training_algorithm=draw(st.sampled_from(["clipped_ppo"] + ["sac"] * is_continuous)),
        version=version,
        lidar_config=draw(st.none() | lidar_configs),
        extra=draw(extras),
    )


@given(metadatas())
def test_what_is_written_is_read_as_the_same(metadata):
    text = metadata.to_json()
    assert ModelMetadata.from_json(text) == metadata
    assert ModelMetadata.from_json(text.encode()).to_json() == text


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_noise_is_refused_in_words(noise):
    with pytest.raises(ModelMetadataError):
        ModelMetadata.from_json(noise)
