"""The metrics files of a training and of an evaluation, as AWS DeepRacer and simapp write them.

All numbers are whole, as theirs are; the SIM_TRACE_LOG has them in full precision.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from deepracer_core import atomic
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import MetricsError, StorageError
from deepracer_core.evaluation_report import TrialResult

METRICS_VERSION = 2.0
"""Of the training metrics (simapp); those of an evaluation carry none."""

MAX_RECORDS = 4096
"""Entries of the training metrics, about 1 MB: what AWS trains in an hour has some hundreds."""


class Phase(str, Enum):
    """What an episode was driven for."""

    TRAINING = "training"
    EVALUATION = "evaluation"


class BestModelMetric(str, Enum):
    """What the best checkpoint is chosen by (simapp BEST_MODEL_METRIC)."""

    PROGRESS = "progress"
    REWARD = "reward"
    LAPTIME = "laptime"


@dataclass(frozen=True)
class EpisodeResult:
    """The outcome of an episode of a training, driven to learn or to evaluate a checkpoint."""

    phase: Phase
    """What it was driven for."""
    status: EpisodeStatus
    """How it ended."""
    reward: float
    """Sum of the rewards of all steps."""
    progress: float
    """Share of the lap that was done at the end [%]."""
    start_time: float
    """Simulated time at the start [s]."""
    end_time: float
    """Simulated time at the end [s]."""


@dataclass(frozen=True)
class TrainingRecord:
    """An entry of the training metrics; the fields have the names and units of the file."""

    reward_score: int
    metric_time: int
    start_time: int
    elapsed_time_in_milliseconds: int
    episode: int
    trial: int
    phase: str
    completion_percentage: int
    episode_status: str

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, str if name in ("phase", "episode_status") else int):
                raise TypeError(f"{name} is {value!r}")


class TrainingMetrics:
    """The training metrics file, which grows with each episode and is always complete on the disk.

    `episode` counts the training episodes from 1, `trial` those of the running iteration. Episodes
    that evaluate a checkpoint carry the numbers of the last training episode (simapp), by which
    deepracer-utils finds their iteration.

    The file is bounded, however long a training is: when there are more entries than `most`, every
    other training episode is left out, of those that follow too, and every other evaluation.

    Attributes:
        records: the entries so far.
        most: largest number of entries.
    """

    def __init__(
        self, path: str | Path, best_model_metric: BestModelMetric = BestModelMetric.PROGRESS
    ) -> None:
        """Begin new metrics; nothing is written before `write`."""
        self.path = Path(path)
        self.best_model_metric = best_model_metric
        self.records: list[TrainingRecord] = []
        self.most = MAX_RECORDS
        self._lines: list[str] = []  # of the file, one for each entry
        self._stride = 1
        self._episode = 0
        self._trial = 0

    @classmethod
    def resume(cls, path: str | Path, episodes: int = 0) -> TrainingMetrics:
        """Go on with metrics that were written, at the beginning of an iteration.

        Args:
            path: of the file.
            episodes: number of training episodes so far, if that is known to be more than the file
                tells.

        Raises:
            MetricsError: the file is malformed.
            StorageError: the file cannot be read.
        """
        content = _read(Path(path))
        try:
            metrics = cls(path, BestModelMetric(content["best_model_metric"]))
            metrics._keep(TrainingRecord(**record) for record in content["metrics"])
            last = max((record.episode for record in metrics.records), default=0)
            metrics._episode = max(last, episodes)
            metrics._stride = _stride_of(metrics.records)
        except (KeyError, TypeError, ValueError) as error:
            raise MetricsError(
                f"{path} holds no training metrics: {error}; restore it from a backup, or delete "
                "it to begin anew"
            ) from error
        return metrics

    def begin_iteration(self) -> None:
        """Count the trials anew: the next episodes are driven with an updated policy."""
        self._trial = 0

    def append(self, result: EpisodeResult) -> TrainingRecord:
        """Add an episode; returns its entry."""
        if result.phase is Phase.TRAINING:
            self._episode += 1
            self._trial += 1
        record = TrainingRecord(
            reward_score=round(result.reward),
            **_times(result.start_time, result.end_time),
            episode=self._episode,
            trial=self._trial,
            phase=result.phase.value,
            completion_percentage=int(result.progress),
            episode_status=result.status.label,
        )
        if result.phase is Phase.EVALUATION or self._is_kept(record.episode):
            self.records.append(record)
            self._lines.append(json.dumps(asdict(record)))
            if len(self.records) > self.most:
                self._thin()
        return record

    def write(self) -> None:
        """Bring the file up to date, atomically.

        Raises:
            StorageError: the operating system refuses; the file is as it was.
        """
        entries = ",\n".join(self._lines)
        metric = json.dumps(self.best_model_metric.value)
        atomic.write_text(
            self.path,
            f'{{"metrics": [\n{entries}\n],\n'
            f'"version": {METRICS_VERSION},\n"best_model_metric": {metric}}}\n',
        )

    def _is_kept(self, episode: int) -> bool:
        return (episode - 1) % self._stride == 0

    def _thin(self) -> None:
        """Leave out every other training episode and every other evaluation, not the last one."""
        self._stride *= 2
        evaluated = sorted({r.episode for r in self.records if r.phase == Phase.EVALUATION.value})
        kept = {*evaluated[::-2]}
        self._keep(
            r
            for r in self.records
            if (
                r.episode in kept if r.phase == Phase.EVALUATION.value else self._is_kept(r.episode)
            )
        )

    def _keep(self, records: Iterable[TrainingRecord]) -> None:
        self.records = list(records)
        self._lines = [json.dumps(asdict(record)) for record in self.records]


def _stride_of(records: Sequence[TrainingRecord]) -> int:
    """How far training episodes are apart in records that were thinned: a power of 2."""
    places = [r.episode - 1 for r in records if r.phase == Phase.TRAINING.value]
    common = math.gcd(*places)
    return common & -common or 1


def write_evaluation_metrics(path: str | Path, results: Sequence[TrialResult]) -> None:
    """Write the metrics file of an evaluation, atomically.

    Raises:
        StorageError: the operating system refuses; the file is as it was.
    """
    atomic.write_json(path, {"metrics": [_trial_record(result) for result in results]})


def _trial_record(result: TrialResult) -> dict[str, int | str]:
    return {
        "completion_percentage": int(result.progress),
        **_times(result.start_time, result.end_time),
        "episode_status": result.status.label,
        "crash_count": result.crashes,
        "immobilized_count": result.immobilizations,
        "off_track_count": result.off_tracks,
        "reversed_count": result.reversals,
        "reset_count": result.resets,
        "trial": result.trial,
    }


def _times(start: float, end: float) -> dict[str, int]:
    """Start, end and duration in ms; the end is the time of the metric (simapp)."""
    return {
        "metric_time": round(end * 1000),
        "start_time": round(start * 1000),
        "elapsed_time_in_milliseconds": round((end - start) * 1000),
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}; check the path") from error
    except ValueError as error:
        raise MetricsError(f"{path} is not JSON: {error}; restore it from a backup") from error
    if not isinstance(content, dict):
        raise MetricsError(f"{path} holds no object: it is not a file of metrics")
    return content
