"""Models by name: made, listed, cloned, imported, exported and deleted; broken ones are refused."""

from __future__ import annotations

import errno
import os
import random
import tarfile
from functools import partial
from pathlib import Path

import pytest
from deepracer_core import atomic
from deepracer_core.bundle.layout import FILE_RULES, check_file, find_rule
from deepracer_core.bundle.names import check_model_name
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import BundleError, PolicyError, StorageError
from deepracer_core.policy import Policy
from hypothesis import given
from hypothesis import strategies as st
from killing import kill_while_writing
from policy_samples import (
    continuous_metadata,
    discrete_metadata,
    edited,
    property_set,
    sample_policy,
)
from test_bundle_archive import content

METADATA = discrete_metadata().encode()
REWARD = b"def reward_function(params):\n    return 1.0\n"
PLAIN = {"model_metadata.json": METADATA, "reward_function.py": REWARD}
FULL = {
    **PLAIN,
    "policy.onnx": sample_policy(),
    "hyperparameters.json": b'{"batch_size": 64}',
    "checkpoints/latest.json": b'{"step": 10}',
    "checkpoints/10/policy.safetensors": b"weights",
    "training_metrics.json": b'{"metrics": []}',
    "training-simtrace/0-iteration.csv": b"episode,steps\n",
    "evaluation-20261123101112/evaluation_metrics.json": b"{}",
    "model_card.md": b"# About\n",
}


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def untried(monkeypatch) -> None:
    """No trial process, where the test is not about the policy."""
    monkeypatch.setattr("deepracer_core.bundle.model_bundle.try_policy", lambda data: None)


def archive_of(path: Path, files: dict[str, bytes]) -> Path:
    """An archive with these files, packed by the standard library."""
    folder = path.with_name(path.name + ".content")
    with tarfile.open(path, "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            archive.add(target, name)
    return path


@pytest.mark.parametrize("name", ["a", "My-First-Model", "0", "-", "a" * 64])
def test_names_by_the_rule_of_the_guide(name):
    assert check_model_name(name) == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "has 0 characters; use 1 to 64"),
        ("a" * 65, "has 65 characters; use 1 to 64"),
        ("my model", "holds ' '"),
        ("my_model", "holds '_'"),
        ("../x", r"holds '\.'"),
        ("a/b", "holds '/'"),
        ("modèle", r"holds '\\xe8'"),
        ("a\n", r"holds '\\n'"),
        ("\u0661", r"holds '\\u0661'"),
    ],
)
def test_other_names_are_refused(store, name, message):
    with pytest.raises(BundleError, match=message):
        check_model_name(name)
    with pytest.raises(BundleError, match=message):
        store.create(name, PLAIN)


def test_create_and_read(store):
    assert store.bundles() == []
    bundle = store.create("one", FULL)
    assert content(bundle.path) == FULL
    assert [b.name for b in store.bundles()] == ["one"]
    assert bundle.path == store.root / "one"
    assert bundle.has_policy
    assert bundle.read_policy() == FULL["policy.onnx"]
    assert bundle.read_metadata().sensors == ("FRONT_FACING_CAMERA",)
    assert bundle.read_reward_function() == REWARD.decode()
    assert bundle.read_hyperparameters() == {"batch_size": 64}
    assert Policy.load(bundle).name == "one"
    assert {entry.name for entry in store.root.iterdir()} == {"one"}


def test_a_name_is_there_once(store, tmp_path, untried):
    shipped = ModelStore(tmp_path / "shipped")
    shipped.create("golden", PLAIN)
    both = ModelStore(store.root, [shipped.root])
    both.create("one", PLAIN)
    for name in ("one", "golden"):
        with pytest.raises(BundleError, match=f"there is a model {name} already"):
            both.create(name, PLAIN)
    assert [b.name for b in both.bundles()] == ["golden", "one"]
    assert both.find("golden").path == shipped.root / "golden"
    with pytest.raises(BundleError, match="there is no model golden"):
        both.delete("golden")


def test_the_root_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPRACER_MODELS", str(tmp_path / "own"))
    assert ModelStore().root == tmp_path / "own"
    monkeypatch.delenv("DEEPRACER_MODELS")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ModelStore().root == tmp_path / ".deepracer" / "models"


def test_find_by_name_and_by_path(store, tmp_path):
    bundle = store.create("centre-line", PLAIN)
    assert store.find("centre-line").path == bundle.path
    assert ModelStore(tmp_path / "other").find(bundle.path).path == bundle.path
    with pytest.raises(BundleError, match=r"no model 'center-line' .* did you mean centre-line\?"):
        store.find("center-line")
    with pytest.raises(BundleError, match="there are no models yet"):
        ModelStore(tmp_path / "other").find("x")
    with pytest.raises(BundleError, match=r"is no model: it holds no model_metadata\.json"):
        store.find(tmp_path)


def test_other_folders_are_passed_over(store):
    store.create("one", PLAIN)
    (store.root / "notes").mkdir()
    (store.root / "file").write_text("")
    (store.root / ".tmp-0123").mkdir()
    (store.root / ".tmp-0123" / "model_metadata.json").write_bytes(METADATA)
    assert [b.name for b in store.bundles()] == ["one"]


def test_clone_starts_where_the_source_is(store, untried):
    clone = store.clone(store.create("one", FULL), "two")
    measured = {
        "training_metrics.json",
        "training-simtrace/0-iteration.csv",
        "evaluation-20261123101112/evaluation_metrics.json",
    }
    expected = {p: d for p, d in FULL.items() if p not in measured | {"model_card.md"}}
    assert content(clone.path) == expected


def test_delete(store):
    store.create("one", PLAIN)
    store.delete("one")
    assert list(store.root.iterdir()) == []
    with pytest.raises(BundleError, match="nothing was deleted"):
        store.delete("one")
    with pytest.raises(BundleError, match="holds"):
        store.delete("..")


def test_export_and_import_give_the_same_model(store, tmp_path):
    bundle = store.create("one", FULL)
    (bundle.path / "notes.txt").write_text("not a part of it")
    bundle.export(tmp_path / "two.tar.gz")
    assert content(store.import_archive(tmp_path / "two.tar.gz").path) == FULL
    store.find("two").export(tmp_path / "again.tar.gz")
    assert (tmp_path / "two.tar.gz").read_bytes() == (tmp_path / "again.tar.gz").read_bytes()


def test_archive_for_the_car_has_the_layout_of_aws(store, tmp_path):
    store.create("one", FULL).export(tmp_path / "car.tar.gz", for_car=True)
    with tarfile.open(tmp_path / "car.tar.gz") as archive:
        assert archive.getnames() == ["agent/policy.onnx", "model_metadata.json"]
    imported = store.import_archive(tmp_path / "car.tar.gz")
    assert set(content(imported.path)) == {"policy.onnx", "model_metadata.json"}
    with pytest.raises(BundleError, match=r"model bare has no policy\.onnx yet"):
        store.create("bare", PLAIN).export(tmp_path / "bare.tar.gz", for_car=True)


def test_import_replaces_only_when_told_to(store, tmp_path):
    store.create("one", PLAIN)
    other = {"model_metadata.json": continuous_metadata().encode()}
    archive = archive_of(tmp_path / "one.tar.gz", other)
    with pytest.raises(BundleError, match="there is a model one already"):
        store.import_archive(archive)
    assert content(store.find("one").path) == PLAIN
    store.import_archive(archive, replace=True)
    assert content(store.find("one").path) == other
    assert {entry.name for entry in store.root.iterdir()} == {"one"}


def with_policy(data: bytes) -> dict[str, bytes]:
    return {"model_metadata.json": METADATA, "policy.onnx": data}


def other_speed() -> bytes:
    """A network whose fastest action is slower than the one in METADATA."""
    text = discrete_metadata().replace("0.8", "0.7")
    return edited(property_set("deepracer.model_metadata", text))


def no_softmax(model) -> None:
    model.graph.node[-1].op_type = "Identity"
    del model.graph.node[-1].attribute[:]


BROKEN = {
    "nothing": ({}, "it holds no model_metadata.json"),
    "no metadata": ({"policy.onnx": sample_policy()}, "it holds no model_metadata.json"),
    "metadata empty": ({"model_metadata.json": b""}, "model_metadata.json: line 1"),
    "metadata no JSON": ({"model_metadata.json": b"{"}, "model_metadata.json: line 1"),
    "metadata not UTF-8": ({"model_metadata.json": b"\xff{}"}, "not UTF-8"),
    "metadata a list": ({"model_metadata.json": b"[]"}, "model_metadata.json: "),
    "metadata without actions": ({"model_metadata.json": b"{}"}, "action_space"),
    "metadata with NaN": (
        {"model_metadata.json": METADATA.replace(b"0.8", b"NaN")},
        "NaN is no JSON number",
    ),
    "metadata nested": ({"model_metadata.json": b"[" * 5000}, "nested deeper"),
    "steering out of range": (
        {"model_metadata.json": METADATA.replace(b"30", b"300")},
        "steering_angle is",
    ),
    "reward function not UTF-8": (
        {**PLAIN, "reward_function.py": b"# \xe9\n"},
        "reward_function.py is not UTF-8",
    ),
    "hyperparameters no JSON": (
        {**PLAIN, "hyperparameters.json": b"batch_size: 64"},
        "hyperparameters.json: line 1",
    ),
    "hyperparameters a list": (
        {**PLAIN, "hyperparameters.json": b"[1]"},
        "hyperparameters.json is no JSON object",
    ),
    "policy garbage": (with_policy(b"garbage"), "policy.onnx is no ONNX model"),
    "policy with other actions": (
        with_policy(other_speed()),
        "policy.onnx was trained with 10 actions (-30.0 deg, 0.4 m/s), (-30.0 deg, 0.7 m/s)",
    ),
    "policy for other kind of actions": (
        with_policy(sample_policy(continuous_metadata())),
        "policy.onnx was trained with actions of -20.0 to 30.0 deg and 0.5 to 2.0 m/s",
    ),
    "policy without softmax": (with_policy(edited(no_softmax)), "no probabilities"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_bundles_are_refused_and_leave_nothing(store, tmp_path, name):
    files, message = BROKEN[name]
    archive = archive_of(tmp_path / "broken.tar.gz", files)
    with pytest.raises(BundleError) as caught:
        store.import_archive(archive)
    assert message in str(caught.value)
    assert "broken.tar.gz" in str(caught.value)
    assert atomic.TEMPORARY_PREFIX not in str(caught.value), "nobody knows this folder"
    assert list(store.root.iterdir()) == []


def test_files_that_belong_to_no_model_are_refused(store):
    for path, message in (
        ("run.sh", "is no file of a model"),
        ("../x.csv", "leads out of the model"),
        ("/x.csv", "is an absolute path"),
    ):
        with pytest.raises(BundleError, match=message):
            store.create("one", {**PLAIN, path: b""})
    with pytest.raises(BundleError, match="more than the 1048576 allowed"):
        store.create("one", {**PLAIN, "model_card.md": bytes(1 << 21)})
    with pytest.raises(BundleError, match=r"^there is no model_metadata\.json among the files"):
        store.create("one", {"reward_function.py": REWARD})
    assert list(store.root.iterdir()) == []


def test_files_that_are_no_files_are_refused_and_not_waited_for(store):
    bundle = store.create("one", PLAIN)
    (bundle.path / "reward_function.py").unlink()
    os.mkfifo(bundle.path / "reward_function.py")
    with pytest.raises(BundleError, match="is no regular file"):
        bundle.read_reward_function()
    (bundle.path / "hyperparameters.json").mkdir()
    with pytest.raises(BundleError, match="is no regular file"):
        bundle.validate()
    with pytest.raises(BundleError, match=r"has no policy\.onnx yet"):
        bundle.read_policy()


def test_files_that_grew_too_large_are_refused(store):
    bundle = store.create("one", PLAIN)
    with (bundle.path / "policy.onnx").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BundleError, match=r"policy\.onnx has 1099511627776 bytes, more than"):
        bundle.read_policy()


def test_links_are_followed_as_installed_workspaces_have_them(store, tmp_path):
    bundle = store.create("one", FULL)
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("model_metadata.json", "policy.onnx"):
        (linked / name).symlink_to(bundle.path / name)
    assert Policy.load(ModelStore(tmp_path / "x", [tmp_path]).find("linked")).name == "linked"


def test_write_policy_checks_first(store, untried):
    bundle = store.create("one", PLAIN)
    bundle.write_policy(sample_policy())
    with pytest.raises(PolicyError, match="is no ONNX model"):
        bundle.write_policy(b"garbage")
    with pytest.raises(BundleError, match="was trained with actions of -20"):
        bundle.write_policy(sample_policy(continuous_metadata()))
    assert bundle.read_policy() == sample_policy()


def test_policy_that_contradicts_the_folder_does_not_drive(store, untried):
    bundle = store.create("one", FULL)
    (bundle.path / "model_metadata.json").write_text(continuous_metadata())
    with pytest.raises(BundleError, match="was trained with 10 actions"):
        Policy.load(bundle)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize(("owner", "call"), [(Path, "mkdir"), (os, "fsync"), (Path, "rename")])
def test_a_refusal_of_the_system_leaves_the_old_models(store, monkeypatch, owner, code, call):
    store.create("one", PLAIN)

    def refuse(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, refuse)
        with pytest.raises(StorageError, match="cannot"):
            store.create("two", PLAIN)
    assert [b.name for b in store.bundles()] == ["one"]
    assert {entry.name for entry in store.root.iterdir()} == {"one"}


def test_a_root_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"set \$DEEPRACER_MODELS to a folder"):
        ModelStore(tmp_path / "file" / "models").create("one", PLAIN)


def test_an_import_that_is_killed_leaves_the_old_model_or_the_new(store, tmp_path, untried):
    """A child imports two versions over and over and is killed in the middle of it."""
    versions = [PLAIN, {**PLAIN, "model_card.md": bytes(50_000)}]
    archives = [
        archive_of(tmp_path / f"{number}.tar.gz", files) for number, files in enumerate(versions)
    ]
    store.import_archive(archives[0], "one")
    chance = random.Random(1)
    imports = [partial(store.import_archive, path, "one", replace=True) for path in archives]
    for _ in range(15):
        kill_while_writing(imports, after=chance.randrange(1, 4))
        assert content(store.find("one").path) in versions
    store.find("one").validate()


def test_a_model_lost_between_two_renames_is_found_again(store, monkeypatch):
    """On file systems without exchange: see atomic.new_directory."""
    bundle = store.create("one", PLAIN)
    bundle.path.rename(store.root / f"{atomic.PREVIOUS_PREFIX}one")
    assert store.find("one").path == bundle.path


@given(st.text(max_size=40))
def test_no_path_leads_out_of_a_bundle(path):
    """A path that is accepted is one of the layout: inside, plain, without surprises."""
    try:
        check_file(path, 0)
    except BundleError:
        return
    assert not Path(path).is_absolute()
    assert ".." not in path.split("/")
    assert find_rule(path) is not None


@pytest.mark.parametrize("rule", FILE_RULES, ids=lambda rule: rule.pattern)
def test_each_file_of_the_layout_is_accepted_up_to_its_size(rule):
    path = rule.pattern.replace("*", "a-1_b.c")
    assert check_file(path, rule.max_bytes) == rule
    with pytest.raises(BundleError, match="more than"):
        check_file(path, rule.max_bytes + 1)
