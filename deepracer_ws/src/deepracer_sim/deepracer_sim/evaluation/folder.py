"""The folder of an evaluation: where it is, and how its files are written."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from deepracer_core import atomic
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import StorageError
from deepracer_core.metrics import write_evaluation_metrics
from deepracer_core.sim_trace import TraceRow
from deepracer_core.trace_file import TraceWriter, evaluation_trace_path

from deepracer_sim.evaluation.results import Results

RESULTS = "results.json"
TABLE = "table.txt"
METRICS = "evaluation_metrics.json"
HEAT_MAP = "robustness.png"

_PREFIX = "evaluation-"
_STAMP = "%Y%m%d%H%M%S"


def default_folder(
    bundle: ModelBundle, store: ModelStore, now: datetime, taken: Collection[Path] = ()
) -> Path:
    """Where an evaluation of a model goes if nothing else is said: a path that is free.

    Into the model's own folder; of a model that came with the software into the folder of its name
    among the user's own models.

    Args:
        bundle: the model.
        store: where it was found.
        now: time, UTC.
        taken: paths that others are going to use.
    """
    is_shipped = bundle.path.parent.absolute() in [path.absolute() for path in store.shipped]
    parent = store.root / bundle.name if is_shipped else bundle.path
    while True:
        folder = parent / f"{_PREFIX}{now.strftime(_STAMP)}"
        if folder not in taken and not folder.exists():
            return folder
        now += timedelta(seconds=1)


def check_writable(folder: Path) -> None:
    """Try to make a folder and a file in it; what was made for it is removed again.

    Raises:
        StorageError: the operating system refuses.
    """
    made: list[Path] = []
    try:
        made += [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StorageError(
            f"cannot write results into {folder}: {error.strerror}; give a folder in which you may "
            "write, as output:=FOLDER"
        ) from error
    finally:
        for path in made:
            with contextlib.suppress(OSError):  # of what could not be made
                path.rmdir()


class EvaluationFolder:
    """Writes the files of one evaluation; what is there can be read at any time.

    The trace is finished by `close`.
    """

    def __init__(self, path: Path) -> None:
        """Make the folder, if it is not there, and begin the trace.

        Raises:
            StorageError: the operating system refuses.
        """
        self.path = path
        self._trace = TraceWriter(evaluation_trace_path(path))

    def append(self, rows: Sequence[TraceRow]) -> None:
        """Append rows to the trace.

        Raises:
            StorageError: the operating system refuses.
        """
        self._trace.append(rows)

    def write(self, results: Results) -> None:
        """Bring all files but the trace up to date.

        Raises:
            StorageError: the operating system refuses.
        """
        atomic.write_json(self.path / RESULTS, results.to_dict())
        atomic.write_text(self.path / TABLE, results.table())
        write_evaluation_metrics(self.path / METRICS, results.laps)

    def close(self) -> None:
        """Give the trace its name.

        Raises:
            StorageError: the operating system refuses.
        """
        self._trace.finish()
