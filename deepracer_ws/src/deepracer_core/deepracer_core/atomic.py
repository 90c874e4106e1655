"""Files and folders that are the old or the new ones, whatever happens while they are written.

A write goes to a hidden neighbour in the same folder, is flushed to the disk, and takes the place
of the old content in one step: a reader, a crash or a power cut sees all of the old or all of the
new. A process that is killed in between leaves its hidden neighbour behind; `tidy` removes those.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from deepracer_core.errors import StorageError

TEMPORARY_PREFIX = ".tmp-"
PREVIOUS_PREFIX = ".previous-"

# A temporary neighbour older than this belongs to nobody: no single write takes an hour [s].
LEFTOVER_AGE = 3600.0

# linux/fcntl.h and linux/fs.h
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2

_REPAIRS = {
    errno.ENOSPC: "free some space on this disk, then try again",
    errno.EDQUOT: "your disk quota is used up: delete something, then try again",
    errno.EACCES: "check owner and permissions of its folder (ls -ld), or choose another folder",
    errno.EPERM: "check owner and permissions of its folder (ls -ld), or choose another folder",
    errno.EFBIG: "files may not become so large here (ulimit -f): raise the limit, then try again",
    errno.EROFS: "this file system is mounted read-only: choose another folder or remount it",
    errno.ENOENT: "create the folder that shall hold it first",
    errno.ENOTDIR: "a part of this path is a file: choose another folder",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EIO: "the disk reports a fault: copy your data elsewhere and check it (dmesg)",
}


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write `data` to `path` atomically.

    Raises:
        StorageError: the operating system refuses; the file is as it was.
    """
    with open_for_writing(path) as file:
        file.write(data)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` atomically.

    Raises:
        StorageError: the operating system refuses; the file is as it was.
    """
    write_bytes(path, text.encode())


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented JSON to `path` atomically.

    Raises:
        ValueError: `value` holds NaN or an infinity, which JSON does not know.
        TypeError: `value` holds something that JSON does not know.
        StorageError: the operating system refuses; the file is as it was.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


@contextlib.contextmanager
def open_for_writing(path: str | Path) -> Iterator[BinaryIO]:
    """Yield a binary file that becomes `path` when the block ends, and vanishes if it raises.

    An existing file keeps its permissions; a link is replaced, not followed.

    Raises:
        StorageError: the operating system refuses; the file is as it was.
    """
    path = Path(path)
    temporary = _neighbour(path)
    with _explained(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(temporary, flags, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                if path.is_file() and not path.is_symlink():
                    os.fchmod(descriptor, path.stat().st_mode & 0o777)
                yield file
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync(path.parent)


@contextlib.contextmanager
def new_directory(path: str | Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield an empty folder that becomes `path` when the block ends, and vanishes if it raises.

    With `replace`, an existing folder is exchanged for the new one in one step (Linux renameat2).
    On a file system that cannot do that (NFS, some FUSE), the old folder is first renamed to
    `.previous-NAME`; a kill just then leaves no folder at `path`, and `tidy` of its parent brings
    the old one back.

    Args:
        path: The folder to make; its parent must exist.
        replace: Whether an existing folder may be replaced; an empty one always may.

    Raises:
        StorageError: `path` exists and may not be replaced, or the operating system refuses;
            `path` is as it was.
    """
    path = Path(path)
    _refuse_to_overwrite(path, replace=replace)
    staged = _neighbour(path)
    with _explained(path):
        staged.mkdir()
        try:
            yield staged
            _sync_tree(staged)
            old = _publish(staged, path)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        _sync(path.parent)
        if old is not None:
            # The new folder is in place: what cannot be removed now is left to `tidy`.
            shutil.rmtree(old, ignore_errors=True)


def remove_directory(path: str | Path) -> None:
    """Delete a folder with all it holds: it disappears in one step, then its content is removed.

    Raises:
        StorageError: the operating system refuses.
    """
    path = Path(path)
    with _explained(path, "delete"):
        doomed = _neighbour(path)
        path.rename(doomed)
        _sync(path.parent)
        _remove(doomed)


def tidy(folder: str | Path, *, older_than: float = LEFTOVER_AGE) -> None:
    """Finish or undo what killed processes left in `folder`.

    Temporary neighbours of some age are removed; a `.previous-NAME` becomes NAME again if that is
    missing.

    Args:
        folder: The folder.
        older_than: Age [s]; less than an hour where nobody else writes.

    Raises:
        StorageError: the operating system refuses.
    """
    folder = Path(folder)
    with _explained(folder, "tidy"):
        for previous in folder.glob(f"{PREVIOUS_PREFIX}*"):
            target = folder / previous.name[len(PREVIOUS_PREFIX) :]
            if target.exists():
                previous.rename(_neighbour(target))
            else:
                previous.rename(target)
        for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
            if time.time() - leftover.lstat().st_mtime >= older_than:
                _remove(leftover)


@contextlib.contextmanager
def _explained(path: Path, action: str = "write") -> Iterator[None]:
    """Turn the operating system's refusal into a StorageError that says how to repair it."""
    try:
        yield
    except OSError as error:
        repair = _REPAIRS.get(error.errno or 0, "check the disk and the folder, then try again")
        culprit = str(error.filename or path)
        where = "" if culprit == str(path) or TEMPORARY_PREFIX in culprit else f" ({culprit})"
        reason = error.strerror or error
        raise StorageError(f"cannot {action} {path}: {reason}{where}; {repair}") from error


def _neighbour(path: Path) -> Path:
    """An unused hidden name in the same folder, thus on the same file system."""
    return path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"


def _refuse_to_overwrite(path: Path, *, replace: bool) -> None:
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise StorageError(
            f"cannot write {path}: it is a link or a file; remove it or choose another name"
        )
    if not replace and path.is_dir() and any(path.iterdir()):
        raise StorageError(
            f"cannot write {path}: it exists; delete it first or choose another name"
        )


def _publish(staged: Path, path: Path) -> Path | None:
    """Give `staged` the name `path`; return where the old folder is now, if there was one."""
    if not path.exists():
        staged.rename(path)
        return None
    try:
        _exchange(staged, path)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL):
            raise
        return _publish_in_two_steps(staged, path)
    return staged


def _publish_in_two_steps(staged: Path, path: Path) -> Path:
    previous = path.with_name(PREVIOUS_PREFIX + path.name)
    path.rename(previous)
    try:
        staged.rename(path)
    except OSError:
        previous.rename(path)
        raise
    return previous.rename(staged)  # a hidden name that `tidy` never brings back


def _exchange(first: Path, second: Path) -> None:
    """Swap two names in one step.

    Raises:
        OSError: ENOSYS or EINVAL where kernel or file system cannot.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    names = os.fsencode(first), os.fsencode(second)
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _sync(path: Path) -> None:
    """Flush a file's content, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_tree(folder: Path) -> None:
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            _sync(Path(root, name))
        _sync(Path(root))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
