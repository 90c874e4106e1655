"""Archives of AWS DeepRacer become models that drive, and models archives for the AWS car."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from aws_graphs import ppo_continuous, ppo_discrete
from deepracer_core import atomic
from deepracer_core.bundle import model_bundle
from deepracer_core.bundle.aws_archive import choose_graph, export_for_aws_car
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import BundleError
from deepracer_core.policy import Policy
from policy_samples import continuous_metadata, discrete_metadata, make_spec, sample_policy
from test_frozen_graph import judge

METADATA = discrete_metadata().encode()
PICTURE = np.random.default_rng(0).integers(0, 256, (120, 160), np.uint8)


@cache
def graph(seed: int = 0) -> bytes:
    return ppo_discrete(architecture="slim", seed=seed).bytes()


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    """An archive as the tools of AWS pack it, folders included."""
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as archive:
        folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
        for folder in sorted(folders):
            entry = tarfile.TarInfo(f"./{folder}")
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def untried(monkeypatch) -> None:
    """No trial process: it takes seconds, and one test with it is enough."""
    monkeypatch.setattr(model_bundle, "try_policy", lambda data: None)


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize("place", ["agent/model.pb", "model.pb", "my-model/agent/model.pb"])
def test_the_archive_of_a_car_becomes_a_model(store, tmp_path, place):
    beside = str(Path(place).parent.parent / "model_metadata.json")
    archive = packed(tmp_path / "my-model.tar.gz", {place: graph(), beside: METADATA})
    bundle = store.import_archive(archive)
    assert bundle.name == "my-model"
    assert set(bundle.files()) == {"model_card.md", "model_metadata.json", "policy.onnx"}
    assert place in (bundle.path / "model_card.md").read_text()
    found = Policy.load(bundle).decide(PICTURE, encoding="mono8").distribution
    np.testing.assert_allclose(found, judge(graph(), PICTURE[None], tmp_path)[0], atol=2e-5)


def test_of_a_training_the_best_network_is_taken_and_the_rest_passed_over(store, tmp_path):
    best = {"best_checkpoint": {"name": "7_Step-1234.ckpt"}, "last_checkpoint": {"name": "9_S"}}
    files = {
        "model_metadata.json": METADATA,
        "reward_function.py": b"def reward_function(params):\n    return 1.0\n",
        "hyperparameters.json": b'{"batch_size": 64}',
        "training_params.yaml": b"WORLD_NAME: reinvent_base\n",
        "ip/ip.json": b"{}",
        "model/.coach_checkpoint": b"9_Step-5678.ckpt",
        "model/deepracer_checkpoints.json": json.dumps(best).encode(),
        "model/7_Step-1234.ckpt.data-00000-of-00001": b"weights",
        "model/model_7.pb": graph(7),
        "model/model_9.pb": graph(9),
    }
    bundle = store.import_archive(packed(tmp_path / "virtual.tar.gz", files), "mine")
    kept = {"model_metadata.json", "reward_function.py", "hyperparameters.json"}
    assert set(bundle.files()) == {*kept, "model_card.md", "policy.onnx"}
    assert {entry.name for entry in store.root.iterdir()} == {"mine"}
    for name in kept:
        assert (bundle.path / name).read_bytes() == files[name]
    found = Policy.load(bundle).decide(PICTURE, encoding="mono8").distribution
    np.testing.assert_allclose(found, judge(graph(7), PICTURE[None], tmp_path)[0], atol=2e-5)


@pytest.mark.parametrize(
    ("checkpoints", "chosen"),
    [
        (None, "model/model_12.pb"),
        (b"{}", "model/model_12.pb"),
        (b'{"best_checkpoint": {"name": ""}}', "model/model_12.pb"),
        (b'{"best_checkpoint": {"name": "3_Step-1.ckpt"}}', "model/model_12.pb"),
        (b'{"best_checkpoint": {"name": "9_Step-1.ckpt"}}', "model/model_9.pb"),
    ],
)
def test_where_the_best_is_not_known_or_gone_the_last_is_taken(checkpoints, chosen):
    assert choose_graph(["model/model_9.pb", "model/model_12.pb"], checkpoints) == chosen


REFUSED = {
    "no metadata": ({"agent/model.pb": b"x"}, "lacks model_metadata.json"),
    "graph elsewhere": ({"other.pb": b"x", "model_metadata.json": METADATA}, "agent/model.pb"),
    "garbage": (
        {"agent/model.pb": b"x", "model_metadata.json": METADATA},
        "agent/model.pb: this is no frozen TensorFlow graph",
    ),
    "other actions": (
        {"agent/model.pb": graph(), "model_metadata.json": discrete_metadata((0,)).encode()},
        "asks for (1, 2)",
    ),
    "LiDAR": (
        {
            "agent/model.pb": graph(),
            "model_metadata.json": METADATA.replace(b'CAMERA"', b'CAMERA", "LIDAR"'),
        },
        "policies of this stack see cameras only",
    ),
    "broken metadata": (
        {"agent/model.pb": graph(), "model_metadata.json": b"{"},
        "model_metadata.json: line 1",
    ),
    "broken list of checkpoints": (
        {
            "model/model_1.pb": graph(),
            "model_metadata.json": METADATA,
            "model/deepracer_checkpoints.json": b"[",
        },
        "deepracer_checkpoints.json: line 1",
    ),
    "huge reward function": (
        {
            "agent/model.pb": graph(),
            "model_metadata.json": METADATA,
            "reward_function.py": bytes(1024 * 1024 + 1),
        },
        "reward_function.py has 1048577 bytes",
    ),
    "way out": (
        {"agent/model.pb": graph(), "../model_metadata.json": METADATA},
        "leads out of the model",
    ),
}


@pytest.mark.parametrize(("files", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_model_is_refused_and_leaves_nothing(store, tmp_path, files, message):
    archive = packed(tmp_path / "broken.tar.gz", files)
    with pytest.raises(BundleError) as caught:
        store.import_archive(archive)
    assert message in str(caught.value)
    assert "cannot import broken.tar.gz" in str(caught.value)
    assert atomic.TEMPORARY_PREFIX not in str(caught.value), "nobody knows this folder"
    assert list(store.root.iterdir()) == []


def test_links_in_archives_of_aws_are_refused_too(store, tmp_path):
    path = packed(tmp_path / "link.tar.gz", {"agent/model.pb": graph()})
    with tarfile.open(tmp_path / "link.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("agent/model.pb")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(BundleError, match="is a symbolic link"):
        store.import_archive(path)


@pytest.mark.usefixtures("untried")
def test_a_model_of_ours_goes_to_the_aws_car_and_comes_back(store, tmp_path):
    spec = make_spec(continuous_metadata())
    files = {
        "model_metadata.json": continuous_metadata().encode(),
        "policy.onnx": sample_policy(continuous_metadata()),
    }
    bundle = store.create("ours", files)
    export_for_aws_car(bundle, tmp_path / "car.tar.gz")
    with tarfile.open(tmp_path / "car.tar.gz") as archive:
        assert archive.getnames() == ["agent/model.pb", "model_metadata.json"]
        network = archive.extractfile("agent/model.pb").read()
        metadata = archive.extractfile("model_metadata.json").read()
    assert metadata == files["model_metadata.json"]
    driven = Policy.load(bundle).decide(PICTURE, encoding="mono8").distribution
    assert spec.outputs == len(driven)
    means = judge(network, PICTURE[None], tmp_path)[0]
    np.testing.assert_allclose(means, driven[:2], atol=0.02)  # gray levels are not rounded there


@pytest.mark.usefixtures("untried")
def test_what_the_aws_car_cannot_drive_by_is_not_exported(store, tmp_path):
    imported = packed(
        tmp_path / "theirs.tar.gz",
        {
            "model.pb": ppo_continuous("slim").bytes(),
            "model_metadata.json": continuous_metadata().encode(),
        },
    )
    bundle = store.import_archive(imported)
    with pytest.raises(BundleError, match="model theirs: only networks that this stack"):
        export_for_aws_car(bundle, tmp_path / "car.tar.gz")
    assert not (tmp_path / "car.tar.gz").exists()
