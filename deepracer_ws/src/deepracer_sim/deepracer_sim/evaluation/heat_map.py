"""The heat map of a robustness grid: under which conditions a model completes its trials."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from deepracer_core import atomic
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from deepracer_sim.evaluation.results import Results, Trial
from deepracer_sim.evaluation.robustness import QUANTITIES

LABELS = {
    "brightness": "brightness\n[gray levels]",
    "latency": "latency\n[frames]",
    "friction": "friction\n[factor]",
    "steering_gain": "steering gain\n[factor]",
    "camera_pitch": "camera pitch\n[rad]",
}

_SIZE = (11.0, 10.0)  # [inch]
_DPI = 100
_COLOURS = "RdYlGn"
_DARK = 15  # [%] next to both ends of the colours, where text is white


def draw_heat_map(path: Path, results: Results) -> None:
    """Write robustness.png, atomically.

    The colour of a cell is the share of trials that were completed, of those with one value of each
    of two quantities, and on the diagonal of all with one value; its text tells the numbers.

    Args:
        path: of the picture.
        results: of a robustness grid, with one trial at least.

    Raises:
        StorageError: the operating system refuses.
    """
    figure = Figure(_SIZE, _DPI, layout="constrained")
    count = len(QUANTITIES)
    grid = figure.subplots(count, count, squeeze=False)
    picture = None
    for row, vertical in enumerate(QUANTITIES):
        for column, horizontal in enumerate(QUANTITIES):
            axes = grid[row, column]
            if column > row:
                axes.axis("off")
                continue
            picture = _draw(axes, results.trials, horizontal, vertical)
            if row == count - 1:
                axes.set_xlabel(LABELS[horizontal])
            if column == 0 and row > 0:
                axes.set_ylabel(LABELS[vertical])
    assert picture is not None
    figure.colorbar(picture, ax=grid, label="trials completed [%]", shrink=0.4)
    level = results.config["level"]
    figure.suptitle(f"{results.model} on {results.track}, level {level}:\n{results.summary_line()}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    atomic.write_bytes(path, buffer.getvalue())


def cells(
    trials: Sequence[Trial], horizontal: str, vertical: str
) -> tuple[list[float], list[float], NDArray[np.int64], NDArray[np.int64]]:
    """Trials sorted by two quantities; a single row if both are the same.

    Returns:
        Values of the columns and of the rows in rising order, and (rows, columns) of trials that
        were completed and of trials.
    """
    settings = [dict(trial.settings) for trial in trials]
    columns = sorted({values[horizontal] for values in settings})
    rows = [0.0] if vertical == horizontal else sorted({values[vertical] for values in settings})
    completed, driven = (np.zeros((len(rows), len(columns)), np.int64) for _ in range(2))
    for trial, values in zip(trials, settings):
        row = 0 if vertical == horizontal else rows.index(values[vertical])
        cell = row, columns.index(values[horizontal])
        completed[cell] += trial.complete
        driven[cell] += 1
    return columns, rows, completed, driven


def _draw(axes: Axes, trials: Sequence[Trial], horizontal: str, vertical: str) -> AxesImage:
    columns, rows, completed, driven = cells(trials, horizontal, vertical)
    share = np.divide(
        100.0 * completed, driven, out=np.full(driven.shape, np.nan), where=driven > 0
    )
    picture = axes.imshow(share, cmap=_COLOURS, vmin=0, vmax=100, origin="lower", aspect="auto")
    is_diagonal = horizontal == vertical
    for (row, column), number in np.ndenumerate(driven):
        if number:
            text = f"{completed[row, column]}/{number}"
            axes.text(
                *(column, row, text),
                ha="center",
                va="center",
                size=8,
                rotation=90 if is_diagonal else 0,
                color="black" if _DARK < share[row, column] < 100 - _DARK else "white",
            )
    axes.set_xticks(range(len(columns)), [f"{value:.3g}" for value in columns], size=7)
    axes.set_yticks(range(len(rows)), [f"{value:.3g}" for value in rows], size=7)
    if is_diagonal:
        axes.set_yticks([])
        axes.set_title(LABELS[horizontal].replace("\n", " "), size=9)
    return picture
