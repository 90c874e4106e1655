"""What an evaluation reports: one result for each trial, and the table that the console shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deepracer_core.episode import EpisodeStatus


@dataclass(frozen=True)
class TrialResult:
    """The outcome of one trial, that is of one lap.

    Every failure counts, also the last one of a trial that had no reset left (simapp).
    """

    trial: int
    """Number of the trial, from 1."""
    status: EpisodeStatus
    """How it ended."""
    progress: float
    """Share of the lap that was done at the end [%]."""
    start_time: float
    """Simulated time at the start [s]."""
    end_time: float
    """Simulated time at the end [s]."""
    off_tracks: int = 0
    """How often the car left the track."""
    crashes: int = 0
    """How often it hit an object."""
    immobilizations: int = 0
    """How often it got stuck."""
    reversals: int = 0
    """How often it drove the wrong way round."""
    off_track_penalty: float = 0.0
    """Seconds waited for leaving the track or driving the wrong way round; part of the time."""
    collision_penalty: float = 0.0
    """Seconds waited for hitting objects; part of the time."""

    @property
    def time(self) -> float:
        """Duration of the trial, penalties included [s]."""
        return self.end_time - self.start_time

    @property
    def resets(self) -> int:
        """Number of all failures together (simapp reset_count)."""
        return self.off_tracks + self.crashes + self.immobilizations + self.reversals


def format_lap_time(seconds: float) -> str:
    """A duration as MM:SS.mmm, as the console shows it; minutes go on beyond 99."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def format_table(
    results: Sequence[TrialResult], columns: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The results as the table of the console, in plain text, one line a trial.

    Args:
        results: The trials.
        columns: Further columns before the others: their heads, and a text for each trial.
    """
    more = columns or {}
    header = (
        *more,
        "Trial",
        "Time (MM:SS.mmm)",
        "% track completed",
        "Status",
        "Off-track",
        "Off-track penalty",
        "Crashes",
        "Crash penalty",
        "Resets",
    )
    rows = [header]
    for index, result in enumerate(results):
        rows.append((*(texts[index] for texts in more.values()), *_cells(result)))
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _cells(result: TrialResult) -> tuple[str, ...]:
    return (
        str(result.trial),
        format_lap_time(result.time),
        f"{int(result.progress)}%",
        result.status.label,
        str(result.off_tracks),
        f"{result.off_track_penalty:g} s",
        str(result.crashes),
        f"{result.collision_penalty:g} s",
        str(result.resets),
    )
