"""Atomic writes: content, permissions, and what remains when the operating system refuses."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
import time
from pathlib import Path

import pytest
from deepracer_core import atomic
from deepracer_core.errors import StorageError
from killing import was_killed


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def refuse(code: int):
    def call(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    return call


def test_writes_bytes_text_and_json(tmp_path):
    atomic.write_bytes(tmp_path / "a", b"\0\xff")
    atomic.write_text(tmp_path / "b", "grün\n")
    atomic.write_json(tmp_path / "c", {"x": [1, 2.5, None]})
    assert (tmp_path / "a").read_bytes() == b"\0\xff"
    assert (tmp_path / "b").read_bytes() == "grün\n".encode()
    assert json.loads((tmp_path / "c").read_text()) == {"x": [1, 2.5, None]}
    assert names(tmp_path) == {"a", "b", "c"}


def test_json_refuses_nan_and_keeps_the_old_file(tmp_path):
    atomic.write_json(tmp_path / "c", 1)
    with pytest.raises(ValueError, match="Out of range float"):
        atomic.write_json(tmp_path / "c", float("nan"))
    assert (tmp_path / "c").read_text() == "1\n"


def test_new_file_obeys_the_umask_and_an_old_one_keeps_its_permissions(tmp_path):
    umask = os.umask(0o027)
    try:
        atomic.write_bytes(tmp_path / "new", b"")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    atomic.write_bytes(tmp_path / "new", b"2")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_is_replaced_and_its_target_is_left_alone(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    atomic.write_text(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "old"
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("code", "repair"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "permissions"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "dmesg"),
        (errno.EBUSY, "try again"),
    ],
)
@pytest.mark.parametrize(("owner", "call"), [(os, "open"), (os, "fsync"), (Path, "replace")])
def test_a_refusal_is_explained_and_leaves_the_old_file(
    tmp_path, monkeypatch, owner, call, code, repair
):
    path = tmp_path / "file"
    path.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(owner, call, refuse(code))
        with pytest.raises(StorageError, match=repair) as caught:
            atomic.write_text(path, "new")
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_a_write_that_fails_in_the_middle_leaves_the_old_file(tmp_path):
    """The kernel itself refuses after 64 KiB, in a process of its own."""
    path = tmp_path / "file"
    path.write_text("old")

    def write_too_much():
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
        with pytest.raises(StorageError, match="File too large"):
            atomic.write_bytes(path, bytes(1_000_000))

    assert not was_killed(write_too_much)
    assert path.read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_missing_parent_folder_is_named(tmp_path):
    with pytest.raises(StorageError, match="create the folder"):
        atomic.write_text(tmp_path / "no" / "file", "")


def test_an_exception_of_the_caller_passes_through_and_changes_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), atomic.open_for_writing(tmp_path / "file"):
        1 / 0  # noqa: B018
    with pytest.raises(ZeroDivisionError), atomic.new_directory(tmp_path / "folder"):
        1 / 0  # noqa: B018
    assert names(tmp_path) == set()


def test_an_error_in_another_file_names_that_file(tmp_path):
    with (
        pytest.raises(StorageError, match=r"missing\.bin"),
        atomic.new_directory(tmp_path / "folder"),
    ):
        (tmp_path / "missing.bin").read_bytes()


def make(path: Path, version: str, *, replace: bool = False) -> None:
    with atomic.new_directory(path, replace=replace) as folder:
        (folder / "sub").mkdir()
        (folder / "one").write_text(version)
        (folder / "sub" / "two").write_text(version)


def version_of(path: Path) -> str:
    one, two = (path / "one").read_text(), (path / "sub" / "two").read_text()
    assert one == two
    return one


def test_new_directory_appears_complete(tmp_path):
    with atomic.new_directory(tmp_path / "model") as folder:
        (folder / "one").write_text("1")
        assert not (tmp_path / "model").exists()
    assert names(tmp_path) == {"model"}
    assert names(tmp_path / "model") == {"one"}


def test_new_directory_refuses_what_exists(tmp_path):
    make(tmp_path / "model", "1")
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match="it exists; delete it first"):
        make(tmp_path / "model", "2")
    for name in ("file", "link"):
        with pytest.raises(StorageError, match="it is a link or a file"):
            make(tmp_path / name, "2", replace=True)
    make(tmp_path / "empty", "2")
    assert version_of(tmp_path / "model") == "1"
    assert version_of(tmp_path / "empty") == "2"


@pytest.mark.parametrize("can_exchange", [True, False])
def test_replacing_a_directory_leaves_only_the_new_one(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(atomic, "_exchange", refuse(errno.EINVAL))
    make(tmp_path / "model", "1")
    make(tmp_path / "model", "2", replace=True)
    assert version_of(tmp_path / "model") == "2"
    assert names(tmp_path) == {"model"}


@pytest.mark.parametrize(("owner", "call"), [(Path, "mkdir"), (os, "fsync")])
def test_a_refusal_leaves_the_old_directory(tmp_path, monkeypatch, owner, call):
    make(tmp_path / "model", "1")
    with monkeypatch.context() as patch:
        patch.setattr(owner, call, refuse(errno.ENOSPC))
        with pytest.raises(StorageError, match="free some space"):
            make(tmp_path / "model", "2", replace=True)
    assert version_of(tmp_path / "model") == "1"
    assert names(tmp_path) == {"model"}


def test_a_failed_exchange_leaves_the_old_directory(tmp_path, monkeypatch):
    make(tmp_path / "model", "1")
    monkeypatch.setattr(atomic, "_exchange", refuse(errno.EACCES))
    with pytest.raises(StorageError, match="permissions"):
        make(tmp_path / "model", "2", replace=True)
    assert version_of(tmp_path / "model") == "1"
    assert names(tmp_path) == {"model"}


def test_a_failed_second_step_brings_the_old_directory_back(tmp_path, monkeypatch):
    make(tmp_path / "model", "1")
    monkeypatch.setattr(atomic, "_exchange", refuse(errno.ENOSYS))
    rename = Path.rename

    def fail_for_staged(source, target):
        if source.name.startswith(atomic.TEMPORARY_PREFIX):
            refuse(errno.EIO)()
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", fail_for_staged)
    with pytest.raises(StorageError, match="dmesg"):
        make(tmp_path / "model", "2", replace=True)
    assert version_of(tmp_path / "model") == "1"
    assert names(tmp_path) == {"model"}


def test_remove_directory(tmp_path):
    make(tmp_path / "model", "1")
    atomic.remove_directory(tmp_path / "model")
    assert names(tmp_path) == set()
    with pytest.raises(StorageError, match="cannot delete"):
        atomic.remove_directory(tmp_path / "model")


def test_tidy_removes_old_leftovers_only(tmp_path):
    make(tmp_path / ".tmp-old", "1")
    make(tmp_path / ".tmp-young", "1")
    (tmp_path / ".tmp-file").write_text("")
    (tmp_path / "kept").write_text("")
    past = time.time() - atomic.LEFTOVER_AGE - 1
    for name in (".tmp-old", ".tmp-file", "kept"):
        os.utime(tmp_path / name, (past, past))
    atomic.tidy(tmp_path)
    assert names(tmp_path) == {".tmp-young", "kept"}


def test_tidy_brings_a_previous_directory_back_unless_there_is_a_new_one(tmp_path):
    make(tmp_path / ".previous-lost", "1")
    make(tmp_path / ".previous-there", "1")
    make(tmp_path / "there", "2")
    atomic.tidy(tmp_path)
    assert version_of(tmp_path / "lost") == "1"
    assert version_of(tmp_path / "there") == "2"
    assert not any(name.startswith(atomic.PREVIOUS_PREFIX) for name in names(tmp_path))


def test_exchange_swaps_or_says_why_not(tmp_path, monkeypatch):
    make(tmp_path / "a", "1")
    make(tmp_path / "b", "2")
    atomic._exchange(tmp_path / "a", tmp_path / "b")
    assert (version_of(tmp_path / "a"), version_of(tmp_path / "b")) == ("2", "1")
    with pytest.raises(FileNotFoundError):
        atomic._exchange(tmp_path / "a", tmp_path / "missing")
    monkeypatch.setattr(atomic.ctypes, "CDLL", lambda *args, **kwargs: object())
    with pytest.raises(OSError, match="not implemented"):
        atomic._exchange(tmp_path / "a", tmp_path / "b")
