"""Prints what the package deepracer-utils from PyPI reads in a folder, as JSON.

A program of its own, since the import name of that package is also the one of this repository's
root package: it must run without PYTHONPATH, and outside of the root.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from deepracer.logs import AnalysisUtils, DeepRacerLog, LogType, SimulationLogsIO, TrainingMetrics


def _records(frame: Any) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in record.items()}
        for record in frame.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    """The Python number in a numpy number, for JSON."""
    return value.item() if isinstance(value, np.generic) else value


def _read_folder(folder: Path) -> dict[str, Any]:
    log = DeepRacerLog(str(folder))
    if log.fh.type.name == "CONSOLE_MODEL_WITH_LOGS":
        log.load_robomaker_logs(LogType.TRAINING)
        training = _records(log.dataframe())
        log.load_robomaker_logs(LogType.EVALUATION, force=True)
    else:
        log.load_training_trace(ignore_metadata=True)
        training = _records(log.dataframe())
        log.load_evaluation_trace(force=True, ignore_metadata=True)
    evaluation = log.dataframe()
    trials = AnalysisUtils.simulation_agg(evaluation.copy(), firstgroup="stream", is_eval=True)
    return {
        "type": log.fh.type.name,
        "training": training,
        "evaluation": _records(evaluation),
        "trials": _records(trials),
    }


def _read_metrics(path: Path) -> dict[str, Any]:
    metrics = TrainingMetrics(bucket="none", region="us-east-1", fname=str(path))
    return {
        "training": _records(metrics.getTraining()),
        "evaluation": _records(metrics.getEvaluation()),
        "summary": _records(metrics.getSummary(summary_index=["r-i", "iteration"]).reset_index()),
    }


def main() -> None:
    """Read all layouts below the folder that is the first argument."""
    root = Path(sys.argv[1])
    with contextlib.redirect_stdout(sys.stderr):  # the package prints
        found = {
            "folders": {path.name: _read_folder(path) for path in (root / "layouts").iterdir()},
            "metrics": _read_metrics(root / "TrainingMetrics.json"),
            "lines": _records(
                SimulationLogsIO.load_pandas(str(root / "simulation.log"), episodes_per_iteration=4)
            ),
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
