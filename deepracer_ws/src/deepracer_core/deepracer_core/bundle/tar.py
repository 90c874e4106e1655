"""Reading of tar streams (POSIX ustar, with pax and GNU headers where they say nothing new).

Own code, since the standard library's reader trusts the stream: it takes sizes, chains of extension
headers and links as they come. This one keeps no more than one block, knows files and folders, and
refuses all else by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deepracer_core.errors import BundleError

BLOCK = 512
CHUNK = 64 * 1024

# Extension headers carry times and owners here: some hundred bytes.
MAX_EXTENSION_BYTES = 64 * 1024
MAX_HEADERS = 16384

_FILES = (b"0", b"\0")
_FOLDER = b"5"
_PAX = (b"x", b"g")
_REFUSED = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a FIFO",
    b"7": "a contiguous file",
    b"L": "a GNU long name",
    b"K": "a GNU long link",
    b"S": "a sparse file",
}

# pax keywords that would change what the plain header says
_PAX_OVERRIDES = (b"path", b"linkpath", b"size", b"hdrcharset", b"GNU.sparse")

Read = Callable[[int], bytes]


@dataclass(frozen=True)
class Member:
    """One file or folder of a tar stream.

    Attributes:
        path: As written, without a leading `./` and a trailing `/`.
        size: Length of the content [bytes]; 0 for a folder.
        is_folder: Whether it is a folder.
    """

    path: str
    size: int
    is_folder: bool


def read_members(read: Read) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Yield each member with its content in chunks; what the caller does not take is skipped.

    Args:
        read: Returns exactly as many bytes as it is asked for, or raises.

    Raises:
        BundleError: the stream is no tar, or holds something other than files and folders.
    """
    for _ in range(MAX_HEADERS):
        header = read(BLOCK)
        if header == bytes(BLOCK):
            return
        kind, member = _parse(header)
        if kind in _PAX:
            _skip_pax(read, member)
            continue
        content = _content(read, member.size)
        yield member, content
        for _rest in content:
            pass
        read(-member.size % BLOCK)
    raise BundleError(f"the archive holds more than {MAX_HEADERS} entries; pack only the model")


def _content(read: Read, size: int) -> Iterator[bytes]:
    while size > 0:
        chunk = read(min(size, CHUNK))
        size -= len(chunk)
        yield chunk


def _parse(header: bytes) -> tuple[bytes, Member]:
    """Take one header block apart: offsets as in POSIX.1, ustar interchange format."""
    is_posix, is_gnu = header[257:263] == b"ustar\0", header[257:265] == b"ustar  \0"
    if not (is_posix or is_gnu):
        raise BundleError("this is no tar archive; make one with: tar czf NAME.tar.gz -C MODEL .")
    blank = header[:148] + b" " * 8 + header[156:]
    if _octal(header[148:156], "checksum") != sum(blank):
        raise BundleError("a header of the archive is damaged (checksum); copy or pack it again")
    raw = _text(header[:100])
    if is_posix and header[345]:
        raw = _text(header[345:500]) + b"/" + raw
    kind = header[156:157]
    if kind in _REFUSED:
        raise BundleError(f"{_decode(raw)!a} is {_REFUSED[kind]}; pack plain files only")
    if kind not in (*_FILES, _FOLDER, *_PAX):
        raise BundleError(f"{_decode(raw)!a} has the unknown type {kind!a}; use GNU tar")
    size = _octal(header[124:136], "size")
    path = _decode(raw)
    is_folder = kind == _FOLDER
    if is_folder and size:
        raise BundleError(f"{path!a} is a folder with content; the archive is malformed")
    return kind, Member(path.removeprefix("./").rstrip("/" if is_folder else ""), size, is_folder)


def _text(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        raise BundleError(f"the name {raw!r} is not ASCII; rename the file") from None


def _octal(field: bytes, what: str) -> int:
    digits = field.strip(b"\0 ")
    if not digits or not all(0x30 <= digit <= 0x37 for digit in digits):
        raise BundleError(f"a header of the archive is damaged ({what} {field!r}); pack it again")
    return int(digits, 8)


def _skip_pax(read: Read, header: Member) -> None:
    """Pass over an extended header: records of the form `LENGTH KEYWORD=VALUE`.

    What it says is not used; it is refused if it would rename or resize the file after it.
    """
    if header.size > MAX_EXTENSION_BYTES:
        raise BundleError(
            f"an extended header of {header.size} bytes is longer than {MAX_EXTENSION_BYTES}; "
            "pack with: tar --format=ustar"
        )
    records = b"".join(_content(read, header.size))
    read(-header.size % BLOCK)
    for keyword in _PAX_OVERRIDES:
        if b" " + keyword in records:
            raise BundleError(
                f"an extended header sets {keyword.decode()!r}; pack with: tar --format=ustar"
            )
