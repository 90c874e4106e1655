"""DeepRacer route files: NumPy arrays (N, 6) with centre, inner and outer border, x and y each.

A file comes from anybody, hence it is hostile until checked: bounded in size, never unpickled, and
refused with the row and the reason when a car could not drive on it. A closed route repeats row 0
as its last row. Four of AWS' own files hold one further repeated row, the seam where the loop was
cut open before it was rotated to its start; it is dropped, as simapp does. Any other repetition is
refused.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepracer_core.errors import TrackError
from deepracer_core.track.geometry import RoadLines, check_road, refuse_rows
from deepracer_core.track.polyline import FloatArray

MAX_FILE_BYTES = 1 << 20  # [B]
MAX_EXTENT = 1000.0  # [m] largest coordinate; AWS' longest track has 90 m
MIN_ROWS = 4
MAX_ROWS = 2_000  # bounds the time of the checks; 90 m at 4.5 cm
LOOP_GAP = 1.5  # an end nearer to the start than so many steps is taken for a loop left open

# A .npy file is this magic, a version, the length of its header, the header and the numbers. numpy
# evaluates the header as Python; that of a hostile file must not get that far.
_MAGIC = b"\x93NUMPY"
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4}  # by version
_HEADER = re.compile(
    r"\{'descr': (?P<descr>'[^']*'|\[.*\]), 'fortran_order': (False|True), "
    r"'shape': \((?P<shape>[0-9, ]*)\),? ?\} *\n"
)
_FLOATS = re.compile(r"'[<>=]f[48]'")


@dataclass(frozen=True)
class Route:
    """A checked route.

    Attributes:
        name: name of the file without its ending.
        road: the three lines.
        dropped_rows: rows of the file that repeated the row before them and were left out.
    """

    name: str
    road: RoadLines
    dropped_rows: tuple[int, ...]


def read_route(path: str | Path) -> Route:
    """Read and check a route file.

    Raises:
        TrackError: the file cannot be read or is no drivable route; the message names path and row.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise TrackError(
            f"{path}: cannot be read ({error.strerror}); check path and rights"
        ) from error
    try:
        return parse_route(data, path.stem)
    except TrackError as error:
        raise TrackError(f"{path}: {error}") from error


def parse_route(data: bytes, name: str) -> Route:
    """Check the content of a route file.

    Raises:
        TrackError: it is no drivable route; the message names the row.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TrackError(
            f"larger than {MAX_FILE_BYTES} bytes, so it is no route; give one of N x 6 numbers"
        )
    rows = _load_array(data)
    refuse_rows(~np.isfinite(rows), "a value is not a finite number; give metres")
    refuse_rows(
        np.abs(rows) > MAX_EXTENT,
        f"a point is more than {MAX_EXTENT:g} m from the origin; give metres",
    )
    closed = _is_closed(rows)
    kept, dropped = _drop_seam(rows)
    road = RoadLines(kept[:, 0:2], kept[:, 2:4], kept[:, 4:6], closed)
    try:
        check_road(road)
    except TrackError as error:
        note = f" (counted without the repeated row {dropped[0]})" if dropped else ""
        raise TrackError(f"{error}{note}") from error
    return Route(name, road, dropped)


def _load_array(data: bytes) -> FloatArray:
    """The (N, 6) array in the bytes of a .npy file, loaded after its header is checked."""
    if data.startswith(b"PK"):
        raise TrackError("this is a .npz or zip archive; save the array itself with numpy.save")
    version = tuple(data[6:8])
    if not data.startswith(_MAGIC) or len(version) < 2:
        raise TrackError("not a NumPy .npy file, or cut off; write it with numpy.save")
    if version not in _LENGTH_BYTES:
        raise TrackError(f"version {version} of the .npy format holds no plain numbers; save anew")
    start = 8 + _LENGTH_BYTES[version]
    end = start + int.from_bytes(data[8:start], "little")
    header = _HEADER.fullmatch(data[start:end].decode("latin1"))
    if header is None:
        raise TrackError(
            "the header of the .npy file is damaged or unusual; write it with numpy.save"
        )
    _check_header(header["descr"], header["shape"], len(data) - end)
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False), dtype=np.float64)


def _check_header(descr: str, shape: str, size: int) -> None:
    """Require an (N, 6) array of floats of which every byte is there."""
    if "O" in descr:
        raise TrackError(
            "the array holds pickled Python objects, which are never loaded; save floats"
        )
    if not _FLOATS.fullmatch(descr):
        raise TrackError(
            f"the values are of type {descr}, expected '<f8'; convert with astype(float)"
        )
    match = re.fullmatch(r"([0-9]{1,9}), 6", shape)
    if match is None:
        raise TrackError(
            f"the array has shape ({shape}), expected (N, 6): centre, inner, outer x, y"
        )
    rows, row_size = int(match[1]), 6 * int(descr[-2])
    if not MIN_ROWS <= rows <= MAX_ROWS:
        raise TrackError(f"{rows} rows, expected {MIN_ROWS} to {MAX_ROWS}; resample the lines")
    if size != rows * row_size:
        raise TrackError(
            f"row {size // row_size}: {size} bytes of data for {rows * row_size}; "
            "the file is damaged, get it again"
        )


def _is_closed(rows: FloatArray) -> bool:
    """A loop repeats its first row as its last; one that nearly does is a mistake."""
    last = len(rows) - 1
    if (rows[0] == rows[-1]).all():
        return True
    if (rows[0, :2] == rows[-1, :2]).all():
        raise TrackError(
            f"row {last}: the centre line closes but a border does not; repeat all of row 0"
        )
    step = np.median(np.linalg.norm(np.diff(rows[:, :2], axis=0), axis=1))
    gap = np.linalg.norm(rows[0, :2] - rows[-1, :2])
    if gap < LOOP_GAP * step:
        raise TrackError(
            f"row {last}: ends {gap:.3f} m from its start without closing; "
            "append row 0 to close the loop"
        )
    return False


def _drop_seam(rows: FloatArray) -> tuple[FloatArray, tuple[int, ...]]:
    """Leave out the one row that may repeat the row before it."""
    repeats = np.flatnonzero((rows[1:] == rows[:-1]).all(axis=1)) + 1
    if len(repeats) > 1:
        raise TrackError(
            f"row {repeats[1]}: repeats the row before it, as row {repeats[0]} does; "
            "remove the duplicate points"
        )
    return np.delete(rows, repeats, axis=0), tuple(int(row) for row in repeats)
