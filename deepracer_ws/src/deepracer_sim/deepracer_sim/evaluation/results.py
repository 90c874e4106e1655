"""What an evaluation found: trials, their laps, and a summary; as values and as `results.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepracer_core import strict_json
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import JsonError, MetricsError, StorageError
from deepracer_core.evaluation_report import TrialResult, format_lap_time, format_table

from deepracer_sim.randomisation import Fixed

VERSION = 1
"""Of the layout of `results.json`."""

_COUNTS = ("off_tracks", "crashes", "immobilizations", "reversals")
_PENALTIES = ("off_track_penalty", "collision_penalty")


@dataclass(frozen=True)
class Trial:
    """One trial: laps in a row, of which the last one may be incomplete."""

    number: int
    """From 1."""
    seed: int
    """Of all that was random in it."""
    laps_wanted: int
    """Laps that make it complete."""
    laps: tuple[TrialResult, ...]
    """What was driven; their numbers count the laps of the whole evaluation, from 1."""
    settings: Fixed = ()
    """What a robustness grid fixed."""

    @property
    def complete(self) -> bool:
        """Whether all laps were driven."""
        complete = [lap.status is EpisodeStatus.LAP_COMPLETE for lap in self.laps]
        return all(complete) and len(complete) == self.laps_wanted

    @property
    def total(self) -> TrialResult:
        """All laps as one result, with the number of the trial."""
        last = self.laps[-1]
        sums = {name: sum(getattr(lap, name) for lap in self.laps) for name in _COUNTS + _PENALTIES}
        return replace(
            last,
            trial=self.number,
            progress=sum(lap.progress for lap in self.laps) / self.laps_wanted,
            start_time=self.laps[0].start_time,
            **sums,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the package's docstring describes them."""
        return {
            "trial": self.number,
            "seed": self.seed,
            "settings": dict(self.settings),
            **_outcome(self.total, complete=self.complete),
            "laps": [
                {
                    "episode": lap.trial - 1,
                    "start_time": lap.start_time,
                    "end_time": lap.end_time,
                    **_outcome(lap, complete=lap.status is EpisodeStatus.LAP_COMPLETE),
                }
                for lap in self.laps
            ],
        }


@dataclass(frozen=True)
class Results:
    """What `results.json` holds."""

    model: str
    """Name of the model."""
    track: str
    """Name of the track."""
    created: str
    """When it began, ISO 8601, UTC."""
    config: Mapping[str, Any]
    """`EvaluationConfig.to_dict`."""
    trials: tuple[Trial, ...] = ()
    """Those that have ended."""
    finished: bool = False
    """Whether all were driven."""

    @property
    def laps(self) -> list[TrialResult]:
        """Of all trials, in the order of the trace's episodes."""
        return [lap for trial in self.trials for lap in trial.laps]

    @property
    def completed(self) -> int:
        """Number of trials that were completed."""
        return sum(trial.complete for trial in self.trials)

    @property
    def lap_times(self) -> list[float]:
        """Times of all complete laps [s], penalties included."""
        return [lap.time for lap in self.laps if lap.status is EpisodeStatus.LAP_COMPLETE]

    def table(self) -> str:
        """The table of the console, and a line that sums it up."""
        return f"{format_trials([self])}\n{self.summary_line()}\n"

    def summary_line(self) -> str:
        """How many trials were completed, and how fast the laps were."""
        times = self.lap_times
        line = f"{self.completed} of {len(self.trials)} trials completed"
        if times:
            best, mean = format_lap_time(min(times)), format_lap_time(sum(times) / len(times))
            line += f"; best lap {best}, mean lap {mean}"
        return line

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the package's docstring describes them."""
        times = self.lap_times
        progress = [trial.total.progress for trial in self.trials]
        return {
            "version": VERSION,
            "model": self.model,
            "track": self.track,
            "created": self.created,
            "finished": self.finished,
            "config": dict(self.config),
            "summary": {
                "trials": len(self.trials),
                "completed": self.completed,
                "best_lap": min(times, default=None),
                "mean_lap": sum(times) / len(times) if times else None,
                "mean_progress": sum(progress) / len(progress) if progress else None,
            },
            "trials": [trial.to_dict() for trial in self.trials],
        }


def format_trials(evaluations: Sequence[Results]) -> str:
    """The trials of evaluations on one track or more in one table, one line each."""
    rows = [(result, trial) for result in evaluations for trial in result.trials]
    columns: dict[str, list[str]] = {}
    if len(evaluations) > 1:
        columns["Track"] = [result.track for result, _ in rows]
    if any(trial.laps_wanted > 1 for _, trial in rows):
        columns["Laps"] = [f"{_complete_laps(trial)}/{trial.laps_wanted}" for _, trial in rows]
    return format_table([trial.total for _, trial in rows], columns)


def read_results(path: str | Path) -> Results:
    """Read a `results.json`.

    Raises:
        StorageError: it cannot be read.
        MetricsError: it is not what `Results.to_dict` gives.
    """
    path = Path(path)
    try:
        values = strict_json.loads(path.read_bytes())
        if values["version"] != VERSION:
            raise MetricsError(f"{path} has layout {values['version']}, this stack reads {VERSION}")
        wanted = values["config"]["laps"]
        trials = tuple(_trial(trial, wanted) for trial in values["trials"])
        names = ("model", "track", "created", "config")
        return Results(
            **{name: values[name] for name in names}, trials=trials, finished=values["finished"]
        )
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}; check the path") from error
    except (JsonError, KeyError, TypeError, ValueError) as error:
        raise MetricsError(f"{path} holds no results of an evaluation: {error!r}") from error


def _trial(values: Mapping[str, Any], laps_wanted: int) -> Trial:
    laps = tuple(
        TrialResult(
            trial=lap["episode"] + 1,
            status=_STATUSES[lap["status"]],
            **{name: lap[name] for name in ("progress", "start_time", "end_time")},
            **{name: lap[name] for name in _COUNTS + _PENALTIES},
        )
        for lap in values["laps"]
    )
    settings = tuple(values["settings"].items())
    return Trial(values["trial"], values["seed"], laps_wanted, laps, settings)


def _outcome(result: TrialResult, *, complete: bool) -> dict[str, Any]:
    return {
        "status": result.status.label,
        "complete": complete,
        "progress": result.progress,
        "time": result.time,
        **{name: getattr(result, name) for name in (*_COUNTS, "resets", *_PENALTIES)},
    }


def _complete_laps(trial: Trial) -> int:
    return sum(lap.status is EpisodeStatus.LAP_COMPLETE for lap in trial.laps)


_STATUSES = {status.label: status for status in EpisodeStatus}
