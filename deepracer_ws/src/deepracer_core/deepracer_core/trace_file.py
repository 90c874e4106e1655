"""Files of SIM_TRACE_LOG rows: a CSV file for each iteration, and text logs with such lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType

from deepracer_core import atomic
from deepracer_core.errors import StorageError, TraceError
from deepracer_core.sim_trace import (
    COLUMNS,
    LINE_PREFIX,
    REQUIRED_COLUMNS,
    TraceRow,
    format_csv,
    parse_fields,
    parse_line,
    split_fields,
)

PART_SUFFIX = ".part"


def training_trace_path(folder: str | Path, iteration: int) -> Path:
    """Where the rows of a training iteration (from 0) go below a model's folder (simapp, DRfC)."""
    return Path(folder) / "training-simtrace" / f"{iteration}-iteration.csv"


def evaluation_trace_path(folder: str | Path) -> Path:
    """Where the rows of an evaluation go below the evaluation's folder (simapp, DRfC)."""
    return Path(folder) / "evaluation-simtrace" / "0-iteration.csv"


class TraceWriter:
    """Writes the rows of one iteration or evaluation; a context manager.

    Rows are appended to `NAME.part`, each call as one write of whole lines: what was appended
    survives the death of the process, and can be read at any time. `finish`, or the end of the
    block, gives the file its name in one step, so that a tool that reads `*-iteration.csv` sees
    whole iterations only. After an exception the part stays what it is.
    """

    def __init__(self, path: str | Path) -> None:
        """Begin the file, and its folder; a part that a killed process left is replaced.

        Raises:
            StorageError: the operating system refuses.
        """
        self.path = Path(path)
        self.part = self.path.with_name(self.path.name + PART_SUFFIX)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: one `append` is one write.
            self._file = self.part.open("wb", buffering=0)
        except OSError as error:
            raise _refused(self.part, error) from error
        self._write([",".join(COLUMNS)])

    def append(self, rows: Iterable[TraceRow]) -> None:
        """Append rows.

        Raises:
            TraceError: a row lacks a field; nothing is written.
            StorageError: the operating system refuses; the last line may be cut off.
        """
        self._write([format_csv(row) for row in rows])

    def finish(self) -> None:
        """Flush all to the disk and give the file its name.

        Raises:
            StorageError: the operating system refuses; the part stays.
        """
        self._file.close()
        atomic.write_bytes(self.path, self.part.read_bytes())
        self.part.unlink()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self._file.close()

    def _write(self, lines: list[str]) -> None:
        data = memoryview("".join(f"{line}\n" for line in lines).encode())
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise _refused(self.part, error) from error


def read_trace(path: str | Path) -> list[TraceRow]:
    """The rows of a CSV file, finished or not, or of a text log with SIM_TRACE_LOG lines.

    Reads what simapp, DRfC, DRoA and the console wrote since 2019. Lines of a text log without
    SIM_TRACE_LOG are passed over.

    Raises:
        TraceError: a line is malformed; the message names file, line and field.
        StorageError: the file cannot be read.
    """
    path = Path(path)
    try:
        # What is no UTF-8 matters only in the lines that are parsed, and is an error there.
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}; check the path") from error
    header = split_fields(lines[0])
    if header[0] == COLUMNS[0]:
        _check_header(path, header)
        parse: Callable[[str], TraceRow] = partial(_parse_csv, header)
        numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()][1:]
    else:
        parse = parse_line
        numbered = [(number, line) for number, line in enumerate(lines, 1) if LINE_PREFIX in line]
        if not numbered:
            raise TraceError(f"{path}: neither a trace in CSV nor a log with {LINE_PREFIX} lines")
    return [_parse_at(f"{path}, line {number}", parse, line) for number, line in numbered]


def _check_header(path: Path, header: list[str]) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        raise TraceError(f"{path}, line 1: the header lacks {', '.join(missing)}")


def _parse_csv(header: list[str], line: str) -> TraceRow:
    texts = split_fields(line)
    if len(texts) != len(header):
        raise TraceError(
            f"{len(texts)} fields, the header has {len(header)}; if this is the last line of a "
            "run that was cut off, delete it"
        )
    return parse_fields(header, texts)


def _parse_at(place: str, parse: Callable[[str], TraceRow], line: str) -> TraceRow:
    try:
        return parse(line)
    except TraceError as error:
        raise TraceError(f"{place}: {error}") from None


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot write {path}: {error.strerror}; check the free space and the permissions of its "
        "folder, then try again"
    )
