"""training.png: how the rewards, the progress and the evaluations went, episode by episode."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from deepracer_core import atomic
from deepracer_core.metrics import Phase, TrainingRecord
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

WINDOW = 50
"""Episodes that the thick lines average over."""

_SIZE = (9.0, 6.0)  # [inch]
_DPI = 100


def draw_curves(path: Path, name: str, records: Sequence[TrainingRecord]) -> None:
    """Write training.png, atomically.

    Args:
        path: of the picture.
        name: of the model.
        records: all episodes of the training metrics, at least one.

    Raises:
        StorageError: the operating system refuses.
    """
    figure = Figure(_SIZE, _DPI, layout="constrained")
    rewards, progress = figure.subplots(2, 1, sharex=True)
    driven = [record for record in records if record.phase == Phase.TRAINING.value]
    episodes = np.array([record.episode for record in driven])
    _curve(rewards, episodes, np.array([record.reward_score for record in driven], float))
    _curve(progress, episodes, np.array([r.completion_percentage for r in driven], float))
    _evaluations(progress, [r for r in records if r.phase == Phase.EVALUATION.value])
    rewards.set_ylabel("TrainingRewardScore\n(sum of rewards of an episode)")
    progress.set_ylabel("progress [%]")
    progress.set_xlabel("episode")
    progress.set_ylim(0, 105)
    figure.suptitle(name)
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    atomic.write_bytes(path, picture.getvalue())


def _curve(axes: Axes, episodes: NDArray[np.int_], values: NDArray[np.float64]) -> None:
    axes.plot(episodes, values, ".", markersize=2, alpha=0.3, color="tab:blue")
    if len(values) >= WINDOW:
        mean = np.convolve(values, np.full(WINDOW, 1 / WINDOW), mode="valid")
        axes.plot(episodes[WINDOW - 1 :], mean, color="tab:blue", label=f"mean of {WINDOW}")
    axes.grid(alpha=0.3)


def _evaluations(axes: Axes, records: Sequence[TrainingRecord]) -> None:
    """The mean of each evaluation, at the episode after which it was made."""
    episodes = sorted({record.episode for record in records})
    means = [
        np.mean([r.completion_percentage for r in records if r.episode == episode])
        for episode in episodes
    ]
    if means:
        axes.plot(episodes, means, "o-", color="tab:orange", label="evaluation")
        axes.legend(loc="upper left")
