"""Trace files: whole iterations, nothing lost when the process dies, errors with line numbers."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import StorageError, TraceError
from deepracer_core.sim_trace import COLUMNS, TraceRow, format_csv, format_line
from deepracer_core.trace_file import (
    TraceWriter,
    evaluation_trace_path,
    read_trace,
    training_trace_path,
)

ROW = TraceRow(
    0, 1, 3.0, 0.5, 90.0, -15.0, 1.0, 4, 0.75, False, True, 1.5, 1, 17.71, 0.066,
    EpisodeStatus.IN_PROGRESS, 0.0, 0, 1.7e9,
)  # fmt: skip
ROWS = [replace(ROW, steps=step) for step in range(1, 6)]


def test_a_file_appears_when_it_is_finished(tmp_path):
    path = training_trace_path(tmp_path, 7)
    with TraceWriter(path) as writer:
        writer.append(ROWS[:2])
        writer.append(ROWS[2:])
        assert not path.exists()
        assert read_trace(writer.part) == ROWS
    assert read_trace(path) == ROWS
    assert list(path.parent.iterdir()) == [path]


def test_paths_are_those_of_simapp():
    assert training_trace_path("m", 7) == Path("m/training-simtrace/7-iteration.csv")
    assert evaluation_trace_path("e") == Path("e/evaluation-simtrace/0-iteration.csv")


def test_after_an_error_the_part_stays_and_is_replaced_by_the_next_try(tmp_path):
    path = tmp_path / "0-iteration.csv"
    writer = TraceWriter(path)

    def die() -> None:
        with writer:
            writer.append(ROWS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        die()
    assert read_trace(writer.part) == ROWS
    assert not path.exists()
    with TraceWriter(path) as writer:
        writer.append(ROWS[:1])
    assert read_trace(path) == ROWS[:1]
    assert list(tmp_path.iterdir()) == [path]


def test_a_finished_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "0-iteration.csv"
    with TraceWriter(path) as writer:
        writer.append(ROWS[:1])
    with TraceWriter(path) as writer:
        writer.append(ROWS)
        assert read_trace(path) == ROWS[:1]
    assert read_trace(path) == ROWS


def test_rows_are_written_all_or_none(tmp_path):
    with TraceWriter(tmp_path / "0-iteration.csv") as writer:
        writer.append(ROWS[:1])
        with pytest.raises(TraceError, match="wall_clock"):
            writer.append([ROWS[1], replace(ROW, wall_clock=None)])
        assert read_trace(writer.part) == ROWS[:1]


KILLED_WRITER = """
import sys
sys.path[:0] = {path!r}
from test_trace_file import ROWS, TraceWriter
with TraceWriter({trace!r}) as writer:
    while True:
        writer.append(ROWS)
        print(flush=True)
"""


def test_a_killed_process_leaves_whole_lines(tmp_path):
    part = tmp_path / "0-iteration.csv.part"
    program = KILLED_WRITER.format(
        path=[str(Path(__file__).parent), *sys.path], trace=str(tmp_path / "0-iteration.csv")
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        for _ in range(50):
            process.stdout.readline()  # so many batches were acknowledged
        process.send_signal(signal.SIGKILL)
    rows = read_trace(part)
    assert len(rows) >= 50 * len(ROWS)
    assert len(rows) % len(ROWS) == 0
    assert rows[: len(ROWS)] == rows[-len(ROWS) :] == ROWS


def test_a_full_disk_is_reported_with_the_repair(tmp_path):
    writer = TraceWriter(tmp_path / "0-iteration.csv")
    writer._file.close()
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer._file = full
        with pytest.raises(
            StorageError, match=r"0-iteration.csv.part: No space .*; check the free"
        ):
            writer.append(ROWS)


def test_a_short_write_is_continued(tmp_path, monkeypatch):
    path = tmp_path / "0-iteration.csv"
    with TraceWriter(path) as writer:
        file = writer._file

        class Slow:
            """Takes ten bytes at a time, as a nearly full disk or a pipe may."""

            def write(self, data):
                return file.write(bytes(data[:10]))

            def close(self):
                file.close()

        writer._file = Slow()
        writer.append(ROWS)
    assert read_trace(path) == ROWS


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="cannot write"):
        TraceWriter(tmp_path / "taken" / "0-iteration.csv")


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(StorageError, match=os.strerror(errno.ENOENT)):
        read_trace(tmp_path / "none.csv")


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_lines_are_found_in_a_log(tmp_path):
    log = write(
        tmp_path / "simulation.log",
        "Starting",
        format_line(ROWS[0]),
        "\u2028 [agent] \x0b noise",
        "[agent] " + format_line(ROWS[1]),
    )
    log.write_bytes(b"\xff\xfe\n" + log.read_bytes())
    assert read_trace(log) == ROWS[:2]


def test_csv_columns_are_found_by_name(tmp_path):
    others = [name for name in COLUMNS[1:] if name != "obstacle_crash_counter"]
    columns = ["episode", *reversed(others), "laps"]
    texts = {**dict(zip(COLUMNS, format_csv(ROW).split(","))), "laps": "x"}
    path = write(tmp_path / "old.csv", ",".join(columns), ",".join(texts[name] for name in columns))
    assert read_trace(path) == [replace(ROW, object_crashes=None)]


def test_carriage_returns_do_not_matter(tmp_path):
    path = tmp_path / "windows.csv"
    path.write_bytes(f"{','.join(COLUMNS)}\r\n{format_csv(ROW)}\r\n".encode())
    assert read_trace(path) == [ROW]


def test_a_file_of_the_header_alone_has_no_rows(tmp_path):
    assert read_trace(write(tmp_path / "empty.csv", ",".join(COLUMNS))) == []


HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["episode,steps,X", "1,2,3"], r"line 1: the header lacks Y, yaw, .*tstamp$"),
        ([HEADER, format_csv(ROW), "0,2,3.0"], r"line 3: 3 fields, the header has 19; if .* cut"),
        ([HEADER, format_csv(ROW), "", format_csv(ROW) + ",1"], r"line 4: 20 fields"),
        ([HEADER, format_csv(ROW).replace("True", "yes")], r"line 2: all_wheels_on_track is 'yes'"),
        (["hello", format_line(ROW), format_line(ROW)[:60]], r"line 3: \d+ fields"),
        (["hello", "world"], r"neither a trace in CSV nor a log with SIM_TRACE_LOG: lines"),
        ([], r"neither a trace"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, lines, message):
    path = write(tmp_path / "broken.csv", *lines)
    with pytest.raises(TraceError, match=message) as refusal:
        read_trace(path)
    assert str(refusal.value).startswith(str(path))
