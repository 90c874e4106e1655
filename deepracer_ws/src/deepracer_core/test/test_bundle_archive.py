"""Archives: packed the same each time, and refused with a precise message when hostile."""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from deepracer_core.bundle import archive as archive_module
from deepracer_core.bundle.archive import pack, unpack
from deepracer_core.bundle.layout import MAX_FILES
from deepracer_core.bundle.tar import MAX_HEADERS
from deepracer_core.errors import BundleError, StorageError
from hypothesis import given
from hypothesis import strategies as st

NOISE = random.Random(0).randbytes(100_000)

Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, **fields) -> Entry:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*entries: Entry, form: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content) if info.size else None)
    return buffer.getvalue()


def packed(*entries: Entry, form: int = tarfile.USTAR_FORMAT) -> bytes:
    return gzip.compress(tar(*entries, form=form), mtime=0)


def raw_header(name: bytes, size: bytes = b"00000000001\0", kind: bytes = b"0") -> bytes:
    """One header block, for what the standard library refuses to write."""
    block = bytearray(512)
    block[: len(name)] = name
    block[124:136] = size
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def raw(*blocks: bytes) -> bytes:
    return gzip.compress(b"".join(blocks) + bytes(1024))


def damaged(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def many(names: Iterable[str]) -> bytes:
    return packed(*(entry(name) for name in names))


METADATA = entry("model_metadata.json", b"{}")
GOOD = packed(METADATA, entry("training-simtrace/0-iteration.csv", NOISE))

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "symbolic link": (
        lambda: packed(entry("policy.onnx", kind=tarfile.SYMTYPE, linkname="/etc/passwd")),
        "'policy.onnx' is a symbolic link",
    ),
    "hard link": (
        lambda: packed(METADATA, entry("policy.onnx", kind=tarfile.LNKTYPE, linkname="x")),
        "'policy.onnx' is a hard link",
    ),
    "character device": (
        lambda: packed(entry("policy.onnx", kind=tarfile.CHRTYPE)),
        "is a character device",
    ),
    "block device": (
        lambda: packed(entry("policy.onnx", kind=tarfile.BLKTYPE)),
        "is a block device",
    ),
    "FIFO": (lambda: packed(entry("policy.onnx", kind=tarfile.FIFOTYPE)), "is a FIFO"),
    "contiguous file": (
        lambda: packed(entry("policy.onnx", kind=tarfile.CONTTYPE)),
        "is a contiguous file",
    ),
    "GNU sparse file": (lambda: raw(raw_header(b"policy.onnx", kind=b"S")), "is a sparse file"),
    "unknown type": (lambda: raw(raw_header(b"policy.onnx", kind=b"Z")), "unknown type b'Z'"),
    "absolute path": (lambda: many(["/etc/cron.d/x"]), "'/etc/cron.d/x' is an absolute path"),
    "absolute folder": (lambda: packed(entry("/tmp", kind=tarfile.DIRTYPE)), "absolute path"),
    "parent folder": (lambda: many(["../policy.onnx"]), "leads out of the model"),
    "parent inside": (lambda: many(["training-simtrace/../../x.csv"]), "leads out of the model"),
    "parent folder entry": (lambda: packed(entry("..", kind=tarfile.DIRTYPE)), "leads out"),
    "dot inside": (lambda: many(["training-simtrace/./x.csv"]), "no plain path"),
    "empty name": (lambda: many(["training-simtrace//x.csv"]), "no plain path"),
    "backslash": (lambda: many(["training-simtrace\\x.csv"]), "no plain path"),
    "control characters": (lambda: many(["training-simtrace/\x1b[2J.csv"]), "no plain path"),
    "name that is not UTF-8": (
        lambda: raw(raw_header(b"training-simtrace/\xff.csv")),
        "is not ASCII",
    ),
    "name that is not ASCII": (
        lambda: raw(raw_header("training-simtrace/ü.csv".encode())),
        "is not ASCII; rename the file",
    ),
    "hidden file": (lambda: many([".bashrc"]), "'.bashrc' is no file of a model"),
    "unknown file": (lambda: many(["run.sh"]), "'run.sh' is no file of a model"),
    "unknown folder": (lambda: many(["training-simtrace/deep/x.csv"]), "is no file of a model"),
    "other case": (lambda: many(["Policy.ONNX"]), "is no file of a model"),
    "pickled checkpoint": (lambda: many(["checkpoints/1.pt"]), "is no file of a model"),
    "model folder around it": (lambda: many(["m/policy.onnx"]), "is no file of a model"),
    "TensorFlow graph": (lambda: many(["agent/model.pb"]), "frozen TensorFlow graph"),
    "same name twice": (lambda: packed(METADATA, METADATA), "is in the archive twice"),
    "two policies": (lambda: many(["policy.onnx", "agent/policy.onnx"]), "twice"),
    "same name in other case": (
        lambda: many(["training-simtrace/a.csv", "training-simtrace/A.csv"]),
        "training-simtrace/A.csv is in the archive twice",
    ),
    "file inside of a file": (
        lambda: many(["checkpoints/a.json", "checkpoints/a.json/b.json"]),
        "checkpoints/a.json/b.json is in the archive twice",
    ),
    "file in place of a folder": (
        lambda: many(["checkpoints/a.json/b.json", "checkpoints/A.json"]),
        "checkpoints/A.json is in the archive twice",
    ),
    "too many files": (
        lambda: packed(
            *(entry(f"training-simtrace/{n}.csv", NOISE[n : n + 30]) for n in range(MAX_FILES + 1))
        ),
        f"more than {MAX_FILES} files",
    ),
    "too many headers": (
        lambda: gzip.compress(raw_header(b"g", b"%011o\0" % 0, b"g") * (MAX_HEADERS + 1), 1),
        f"more than {MAX_HEADERS} entries",
    ),
    "file too large": (
        lambda: packed(entry("model_card.md", bytes(1024 * 1024 + 1))),
        "model_card.md has 1048577 bytes, more than the 1048576 allowed",
    ),
    "size of exabytes": (
        lambda: raw(raw_header(b"training-simtrace/a.csv", b"77777777777\0")),
        "has 8589934591 bytes, more than",
    ),
    "negative size": (
        lambda: raw(raw_header(b"policy.onnx", b"-0000000001\0")),
        "a header of the archive is damaged (size",
    ),
    "binary size": (
        lambda: raw(raw_header(b"policy.onnx", b"\x80" + b"\xff" * 11)),
        "a header of the archive is damaged (size",
    ),
    "folder with content": (
        lambda: raw(raw_header(b"training-simtrace", kind=b"5")),
        "'training-simtrace' is a folder with content",
    ),
    "zip bomb": (
        lambda: packed(entry("training-simtrace/a.csv", bytes(32 * 1024 * 1024))),
        "unpacks to more than 100 times its size",
    ),
    "endless padding": (
        lambda: packed(METADATA) + gzip.compress(bytes(32 * 1024 * 1024)),
        "too much padding",
    ),
    "data after the end": (lambda: gzip.compress(tar(METADATA) + b"x"), "goes on after its end"),
    "long name header": (
        lambda: packed(entry("training-simtrace/" + "a" * 200), form=tarfile.GNU_FORMAT),
        "is a GNU long name",
    ),
    "pax header that renames": (
        lambda: packed(entry("training-simtrace/" + "a" * 200), form=tarfile.PAX_FORMAT),
        "an extended header sets 'path'; pack with: tar --format=ustar",
    ),
    "pax header of megabytes": (
        lambda: raw(raw_header(b"x", b"00010000000\0", b"x"), bytes(2097152)),
        "an extended header of 2097152 bytes is longer than 65536",
    ),
    "not gzip": (lambda: b"PK\3\4" + NOISE, "the archive is not gzip, or damaged"),
    "not tar": (lambda: gzip.compress(NOISE), "this is no tar archive"),
    "empty file": (lambda: b"", "the archive ends in the middle"),
    "empty gzip": (lambda: gzip.compress(b""), "the archive ends in the middle"),
    "gzip cut off": (lambda: GOOD[: len(GOOD) // 2], "the archive ends in the middle"),
    "gzip without checksum": (lambda: GOOD[:-4], "the archive ends in the middle"),
    "tar cut off": (lambda: gzip.compress(tar(METADATA)[:700]), "ends in the middle"),
    "wrong checksum of gzip": (lambda: damaged(GOOD, len(GOOD) - 8), "CRC check failed"),
    "damaged in the middle": (lambda: damaged(GOOD, 12), "damaged"),
    "wrong checksum of header": (
        lambda: gzip.compress(damaged(tar(METADATA), 0)),
        "a header of the archive is damaged (checksum)",
    ),
    "checksum that is no number": (
        lambda: gzip.compress(damaged(tar(METADATA), 149)),
        "a header of the archive is damaged (checksum",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(tmp_path, name):
    make, message = HOSTILE[name]
    (tmp_path / "model.tar.gz").write_bytes(make())
    (tmp_path / "folder").mkdir()
    with pytest.raises(BundleError) as caught:
        unpack(tmp_path / "model.tar.gz", tmp_path / "folder")
    assert message in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"model.tar.gz", "folder"}


def test_total_size_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "MAX_TOTAL_BYTES", 50_000)
    (tmp_path / "model.tar.gz").write_bytes(GOOD)
    with pytest.raises(BundleError, match="unpacks to more than 50000 bytes"):
        unpack(tmp_path / "model.tar.gz", tmp_path)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo.tar.gz")
    for path, message in (
        (tmp_path / "fifo.tar.gz", "is no regular file"),
        (tmp_path, "is no regular file"),
        (tmp_path / "missing.tar.gz", "No such file or directory; check path"),
    ):
        with pytest.raises(BundleError, match=message):
            unpack(path, tmp_path)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "form",
    [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT],
    ids=["ustar", "gnu", "pax"],
)
def test_archives_of_other_tools_are_read(tmp_path, form):
    """As `tar czf x.tar.gz -C model .` writes them: folders, `./`, times as fractions."""
    data = packed(
        entry("./", kind=tarfile.DIRTYPE),
        entry("./model_metadata.json", b"{}", mtime=1.5, uname="someone"),
        entry("./training-simtrace", kind=tarfile.DIRTYPE),
        entry("./training-simtrace/0-iteration.csv", b"a,b\n" * 300),
        entry("agent/policy.onnx", NOISE),
        form=form,
    )
    (tmp_path / "model.tar.gz").write_bytes(data)
    (tmp_path / "folder").mkdir()
    unpack(tmp_path / "model.tar.gz", tmp_path / "folder")
    assert content(tmp_path / "folder") == {
        "model_metadata.json": b"{}",
        "training-simtrace/0-iteration.csv": b"a,b\n" * 300,
        "policy.onnx": NOISE,
    }


def test_packing_is_deterministic_and_comes_back(tmp_path):
    deep = f"checkpoints/{'s' * 64}/{'t' * 52}.safetensors"  # more than the 100 of a plain header
    files = {"policy.onnx": NOISE, "model_card.md": b"", deep: NOISE[:513]}
    for number, folder in enumerate(("a", "b")):
        for path, data in files.items():
            target = tmp_path / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            os.utime(target, (number, number))
        pack({path: tmp_path / folder / path for path in files}, tmp_path / f"{folder}.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "back").mkdir()
    unpack(tmp_path / "a.tar.gz", tmp_path / "back")
    assert content(tmp_path / "back") == files


def test_packing_names_the_file_that_is_missing(tmp_path):
    with pytest.raises(StorageError, match=r"policy\.onnx"):
        pack({"policy.onnx": tmp_path / "policy.onnx"}, tmp_path / "a.tar.gz")
    assert content(tmp_path) == {}


@given(data=st.data())
def test_any_damage_is_refused_or_harmless(tmp_path_factory, data):
    """Whatever bytes change, all that can happen is a BundleError or files of the layout."""
    position = data.draw(st.integers(0, len(SMALL) - 1))
    value = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("folder")
    changed = SMALL[:position] + bytes([value]) + SMALL[position + 1 :]
    (folder / "model.tar.gz").write_bytes(gzip.compress(changed, 1))
    (folder / "out").mkdir()
    try:
        unpack(folder / "model.tar.gz", folder / "out")
    except BundleError:
        pass
    else:
        assert set(content(folder / "out")) <= {"model_metadata.json", "model_card.md"}
    assert {path.name for path in folder.iterdir()} == {"model.tar.gz", "out"}


SMALL = tar(METADATA, entry("model_card.md", b"text"))[:2560]
