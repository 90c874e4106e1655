"""Route files: AWS' own are read, broken and hostile ones are refused with row and reason."""

from __future__ import annotations

import contextlib
import io
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.errors import TrackError
from deepracer_core.track.route import MAX_FILE_BYTES, parse_route, read_route
from deepracer_core.track.track import Track
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE, ROUTE_FILES, bent_rows, ring_rows, square_rows

LENGTHS = {  # [m] as AWS publishes them, rounded there to centimetres
    "reinvent_base": 17.71,
    "reInvent2019_track": 23.12,
    "2022_summit_speedway": 25.17,
    "Bowtie_track": 17.43,
    "China_track": 22.92,
    "Straight_track": 5.71,
}


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def changed(change: Callable[[np.ndarray], object], rows: np.ndarray | None = None) -> bytes:
    """A route of which `change` altered the rows in place, or returned other ones."""
    rows = ring_rows() if rows is None else rows.copy()
    result = change(rows)
    return npy(result if isinstance(result, np.ndarray) else rows)


def with_header(header: str, data: bytes = b"", version: int = 1) -> bytes:
    """A .npy file with a header of one's own."""
    text = (header + "\n").encode("latin1")
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + length + text + data


@pytest.mark.skipif(not ROUTE_FILES, reason="AWS' route files are not beside the repository")
def test_all_route_files_of_aws_are_read() -> None:
    tracks = {path.stem: Track.from_route(path) for path in ROUTE_FILES}
    assert {name: round(track.length, 2) for name, track in tracks.items()} == LENGTHS
    assert [name for name, track in tracks.items() if not track.closed] == ["Straight_track"]
    assert len(tracks["reinvent_base"].centre) == 119


@pytest.mark.skipif(not ROUTE_FILES, reason="AWS' route files are not beside the repository")
def test_the_seam_in_files_of_aws_is_dropped() -> None:
    dropped = {path.stem: read_route(path).dropped_rows for path in ROUTE_FILES}
    assert dropped == {
        "2022_summit_speedway": (103,),
        "Bowtie_track": (41,),
        "China_track": (41,),
        "Straight_track": (),
        "reInvent2019_track": (39,),
        "reinvent_base": (),
    }


def test_a_route_keeps_its_numbers() -> None:
    rows = ring_rows()
    road = parse_route(npy(rows), "ring").road
    assert road.closed
    assert (np.hstack((road.centre, road.inner, road.outer)) == rows).all()


def test_other_floats_and_layouts_are_the_same_route() -> None:
    rows = square_rows()
    for array in (rows.astype(">f8"), rows.astype(np.float32), np.asfortranarray(rows)):
        assert (parse_route(npy(array), "square").road.centre == rows[:, :2]).all()
    stream = io.BytesIO()
    np.lib.format.write_array(stream, rows, version=(2, 0))
    assert (parse_route(stream.getvalue(), "square").road.outer == rows[:, 4:]).all()


def test_an_open_route_stays_open() -> None:
    assert not parse_route(npy(bent_rows()), "bend").road.closed
    x, level = np.linspace(0.0, 6.0, 20), np.zeros(20)
    straight = np.stack((x, level, x, level + 0.3, x, level - 0.3), axis=1)
    assert not parse_route(npy(straight), "straight").road.closed


def set_value(row: int, column: int, value: float) -> Callable[[np.ndarray], None]:
    def change(rows: np.ndarray) -> None:
        rows[row, column] = value

    return change


def swap(rows: np.ndarray, one: int, two: int) -> np.ndarray:
    order = np.arange(len(rows))
    order[[one, two]] = two, one
    return rows[order]


def loop_in_border(rows: np.ndarray) -> None:
    rows[[20, 21], 2:4] = rows[[21, 20], 2:4]


def spike(rows: np.ndarray) -> None:
    """Let the outer border run out and back on the same line."""
    rows[30, 4:6] = rows[29, 4:6] + 0.6 * (rows[29, 4:6] - rows[28, 4:6])
    rows[31, 4:6] = rows[29, 4:6] + 0.3 * (rows[29, 4:6] - rows[28, 4:6])


def figure_of_eight() -> np.ndarray:
    angle = np.linspace(0.0, 2.0 * np.pi, 81)
    centre = 4.0 * np.stack((np.sin(angle), np.sin(angle) * np.cos(angle)), axis=1)
    ahead = 4.0 * np.stack((np.cos(angle), np.cos(2.0 * angle)), axis=1)
    left = np.stack((-ahead[:, 1], ahead[:, 0]), axis=1)
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    rows = np.hstack((centre, centre + 0.3 * left, centre - 0.3 * left))
    rows[-1] = rows[0]
    return rows


def swapped_borders() -> np.ndarray:
    return ring_rows()[:, [0, 1, 4, 5, 2, 3]]


def spiral(slope: float) -> np.ndarray:
    """An open road, 0.8 m wide, that comes inward by `slope` [m/rad] for 1.3 turns."""
    angle = np.linspace(0.0, 2.6 * np.pi, 120)
    ahead = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    radius = 3.0 - slope * angle[:, None]
    return np.hstack([ahead * (radius + side) for side in (0.0, -0.4, 0.4)])


def dented(rows: np.ndarray) -> None:
    """Let the inner border of the first turn reach over the outer border of the second one."""
    rows[20, 2:4] *= 0.8


CONTENTS: dict[str, tuple[bytes, str]] = {
    "no number": (changed(set_value(7, 3, np.nan)), r"row 7: a value is not a finite number"),
    "infinite": (changed(set_value(9, 0, -np.inf)), r"row 9: a value is not a finite number"),
    "far away": (changed(lambda r: r * 1000.0), r"row 0: a point is more than 1000 m"),
    "too narrow": (npy(ring_rows(width=0.1)), r"row 0: the borders are 0\.100 m apart"),
    "too wide": (npy(ring_rows(radius=9.0, width=8.0)), r"row 0: the borders are 8\.000 m apart"),
    "one wide row": (changed(set_value(5, 5, 40.0)), r"row 5: the borders are 38\.706 m apart"),
    "centimetres": (npy(ring_rows() * 100.0), r"row 0: the borders are 80\.000 m apart"),
    "borders swapped": (npy(swapped_borders()), "the borders are swapped"),
    "columns shuffled": (
        npy(ring_rows()[:, [2, 3, 0, 1, 4, 5]]),
        r"row 0: the centre point does not lie between the border points",
    ),
    "two repeated rows": (
        changed(lambda r: r[[*range(10), 9, 10, 11, 11, *range(12, len(r))]]),
        r"row 13: repeats the row before it, as row 10 does",
    ),
    "repeated point, other borders": (
        changed(lambda r: np.insert(r, 8, np.concatenate((r[7, :2], r[8, 2:])), axis=0)),
        r"row 8: the centre point of row 7 again",
    ),
    "nearly repeated point": (
        changed(lambda r: np.insert(r, 8, r[7] + 1e-12, axis=0)),
        r"row 7: the centre point coincides with the next one",
    ),
    "point visited again": (
        changed(lambda r: np.insert(r, 30, r[3], axis=0)),
        r"row 30: the centre point of row 3 again",
    ),
    "rows out of order": (
        changed(lambda r: swap(r, 20, 24)),
        r"row 19: the centre line crosses or touches itself at row 2\d",
    ),
    "border with a loop": (
        changed(loop_in_border),
        r"row 19: the inner border crosses or touches itself at row 21",
    ),
    "border runs out and back": (
        changed(spike),
        r"row 29: the outer border crosses or touches itself at row 30",
    ),
    "figure of eight": (npy(figure_of_eight()), r"row \d+: the centre line crosses or touches"),
    "overlapping spiral": (
        npy(spiral(0.05)),
        r"row 0: the end of the road lies on the centre line",
    ),
    "border over border": (
        changed(dented, spiral(0.15)),
        r"row 19: the inner border crosses or touches the outer border",
    ),
    "loop left open": (changed(lambda r: r[:-1]), r"row 59: ends 0\.314 m from its start without"),
    "border left open": (
        changed(set_value(-1, 4, 3.5)),
        r"row 60: the centre line closes but a border does not",
    ),
    "seam before the fault": (
        changed(lambda r: set_value(20, 2, 60.0)(r) or np.insert(r, 5, r[5], axis=0)),
        r"row 20: .* m apart.*counted without the repeated row 6",
    ),
}

FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a NumPy .npy file, or cut off"),
    "text": (b"x,y\n1,2\n", "not a NumPy .npy file"),
    "pickle": (pickle.dumps(ring_rows()), "not a NumPy .npy file"),
    "pickled objects": (npy(np.array([[{}] * 6] * 9, dtype=object)), "pickled Python objects"),
    "zip archive": (b"PK\x03\x04" + bytes(60), r"a \.npz or zip archive"),
    "whole numbers": (npy(np.ones((9, 6), dtype=int)), "values are of type '<i8'"),
    "complex numbers": (npy(np.ones((9, 6), dtype=complex)), "values are of type '<c16'"),
    "text values": (npy(np.full((9, 6), "1.0")), "values are of type '<U3'"),
    "records": (npy(np.zeros(9, dtype=[("x", float), ("y", float)])), r"values are of type \["),
    "centre line only": (npy(ring_rows()[:, :2]), r"shape \(61, 2\), expected \(N, 6\)"),
    "one dimension": (npy(ring_rows().ravel()), r"shape \(366,\), expected \(N, 6\)"),
    "no dimension": (npy(np.array(1.0)), r"shape \(\), expected \(N, 6\)"),
    "three dimensions": (npy(ring_rows()[None]), r"shape \(1, 61, 6\)"),
    "no rows": (npy(np.empty((0, 6))), "0 rows, expected 4 to"),
    "three rows": (npy(ring_rows()[:3]), "3 rows, expected 4 to"),
    "too many rows": (npy(np.zeros((2_001, 6))), "2001 rows, expected 4 to 2000"),
    "too large": (npy(np.zeros((30_000, 6))), f"larger than {MAX_FILE_BYTES} bytes"),
    "cut off": (npy(ring_rows())[:-100], r"row 58: \d+ bytes of data for 2928"),
    "something behind": (npy(ring_rows()) + b"more", r"2932 bytes of data for 2928"),
    "huge shape": (
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999, 6)}"),
        r"shape \(9999999999, 6\)",
    ),
    "negative shape": (
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-4, 6)}"),
        "header of the .npy file is damaged or unusual",
    ),
    "code in the header": (
        with_header("__import__('os').abort()"),
        "header of the .npy file is damaged",
    ),
    "deep header": (with_header("-" * 9000 + "1"), "header of the .npy file is damaged"),
    "long header": (with_header("(" * 60_000), "header of the .npy file is damaged"),
    "format version 3": (
        with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 6)}", version=3),
        r"version \(3, 0\) of the .npy format",
    ),
}


@pytest.mark.parametrize(("data", "message"), CONTENTS.values(), ids=CONTENTS)
def test_an_undrivable_route_is_refused_with_row_and_reason(data: bytes, message: str) -> None:
    with pytest.raises(TrackError, match=message):
        parse_route(data, "broken")


@pytest.mark.parametrize(("data", "message"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_route_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(TrackError, match=message):
        parse_route(data, "broken")


def test_unpickling_never_happens(tmp_path: Path) -> None:
    """The classic attack: an object whose unpickling runs a command."""
    trace = tmp_path / "trace"

    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    array = np.empty((9, 6), dtype=object)
    array[:] = Attack()
    route = tmp_path / "attack.npy"
    route.write_bytes(npy(array))
    with pytest.raises(TrackError, match=r"attack\.npy: .*never loaded"):
        read_route(route)
    assert not trace.exists()


def test_an_unreadable_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrackError, match=r"missing\.npy: cannot be read \(No such file"):
        read_route(tmp_path / "missing.npy")
    with pytest.raises(TrackError, match=r"cannot be read \(Is a directory"):
        read_route(tmp_path)


def test_a_line_that_crosses_itself_everywhere_is_refused_in_bounded_memory() -> None:
    """A star of which every ray crosses nearly all others: two million crossings."""
    angle = np.arange(2000) * 2.0 * np.pi * 999 / 1999
    ahead = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    ahead[-1] = ahead[0]
    rows = np.hstack([ahead * radius for radius in (2.0, 1.6, 2.4)])
    tracemalloc.start()
    with pytest.raises(TrackError, match="row 0: the centre line crosses or touches itself"):
        parse_route(npy(rows), "star")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


@REPEATABLE
@given(st.data())
def test_damaged_files_raise_nothing_but_track_errors(data: st.DataObject) -> None:
    content = bytearray(npy(square_rows()))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    with contextlib.suppress(TrackError):
        parse_route(bytes(content[:cut]), "damaged")
