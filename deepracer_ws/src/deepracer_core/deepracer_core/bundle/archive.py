"""Model bundles as one file, `.tar.gz`: written the same for the same content, read as hostile.

An archive is unpacked by counting: number of files, bytes of each and of all, and how far the bytes
outgrow the archive. Only the files of `layout` come through, each as a new plain file.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from deepracer_core import atomic
from deepracer_core.bundle.layout import (
    ARCHIVED_POLICY,
    MAX_FILES,
    MAX_TOTAL_BYTES,
    POLICY,
    check_file,
    check_path,
)
from deepracer_core.bundle.regular_file import open_regular_file
from deepracer_core.bundle.tar import CHUNK, Member, read_members
from deepracer_core.errors import BundleError

SUFFIX = ".tar.gz"

# CSV and JSON shrink to a tenth, the padding of tar to a fiftieth; deflate can reach 1032.
MAX_RATIO = 100
# Small archives are mostly padding: this much is free [bytes].
RATIO_FREE_BYTES = 1024 * 1024


def pack(files: Mapping[str, Path], destination: Path) -> None:
    """Write an archive atomically; the same files give the same bytes.

    Args:
        files: Path inside the archive -> file to pack.
        destination: The `.tar.gz` to write.

    Raises:
        StorageError: a file cannot be read or the archive not be written.
    """
    with (
        atomic.open_for_writing(destination) as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path, source in sorted(files.items()):
            with source.open("rb") as content:
                entry = tarfile.TarInfo(path)
                entry.size = os.fstat(content.fileno()).st_size
                archive.addfile(entry, content)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive into an empty folder.

    Raises:
        BundleError: it is damaged, hostile, or holds something else than a model; says what.
            The folder may then hold a part of it.
    """
    files: set[str] = set()
    folders: set[str] = set()

    def take(member: Member, content: Iterator[bytes]) -> None:
        path = POLICY if member.path == ARCHIVED_POLICY else member.path
        check_file(path, member.size)
        _check_new(path, files, folders)
        _write(folder / path, content)

    read_archive(archive, take)


def read_archive(archive: Path, take: Callable[[Member, Iterator[bytes]], None]) -> None:
    """Hand each file of an archive over, with its content in chunks.

    Args:
        archive: The file.
        take: Called for each file in turn; what it leaves of the content is skipped.

    Raises:
        BundleError: the archive is damaged or hostile, or `take` refused a file.
    """
    with open_regular_file(archive) as raw, _damage_explained():
        source = _Inflater(raw)
        for member, content in read_members(source.read):
            if not member.is_folder:
                take(member, content)
            elif member.path not in ("", "."):
                check_path(member.path)
        source.finish()


def _check_new(path: str, files: set[str], folders: set[str]) -> None:
    """Names that differ in case only are one file on some file systems: refused, like doubles."""
    name = path.casefold()
    parents = {parent.as_posix() for parent in PurePosixPath(name).parents}
    if name in files or name in folders or files & parents:
        raise BundleError(f"{path} is in the archive twice; pack each file once")
    files.add(name)
    folders |= parents
    if len(files) > MAX_FILES:
        raise BundleError(f"the archive holds more than {MAX_FILES} files; pack only the model")


def _write(path: Path, content: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        for chunk in content:
            file.write(chunk)


@contextmanager
def _damage_explained() -> Iterator[None]:
    try:
        yield
    except gzip.BadGzipFile as error:
        raise BundleError(
            f"the archive is not gzip, or damaged ({error}); copy it again"
        ) from error
    except zlib.error as error:
        raise BundleError(f"the archive is damaged ({error}); copy it again") from error
    except EOFError:
        raise BundleError("the archive ends in the middle; copy it again") from None


class _Inflater:
    """The inflated bytes of an archive, counted against the limits as they come."""

    def __init__(self, file: BinaryIO) -> None:
        size = os.fstat(file.fileno()).st_size
        self._stream = gzip.GzipFile(fileobj=file, mode="rb")
        self._max_by_ratio = RATIO_FREE_BYTES + MAX_RATIO * size
        self._count = 0

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        self._count += count
        if self._count > MAX_TOTAL_BYTES:
            raise BundleError(f"the archive unpacks to more than {MAX_TOTAL_BYTES} bytes")
        if self._count > self._max_by_ratio:
            raise BundleError(
                f"the archive unpacks to more than {MAX_RATIO} times its size: no model does"
            )
        buffer = io.BytesIO()
        while buffer.tell() < count:
            chunk = self._stream.read(count - buffer.tell())
            if not chunk:
                raise EOFError
            buffer.write(chunk)
        return buffer.getvalue()

    def finish(self) -> None:
        """Read the padding up to the end, where gzip's checksum is compared."""
        while chunk := self._stream.read(CHUNK):
            if any(chunk):
                raise BundleError("the archive goes on after its end; pack it again")
            self._count += len(chunk)
            if self._count > self._max_by_ratio:
                raise BundleError("the archive ends in too much padding; pack it again")
