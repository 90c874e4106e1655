"""Says how a training goes: lines for people, TensorBoard, metrics, and the picture of curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from deepracer_core.episode import EpisodeStatus
from deepracer_core.metrics import EpisodeResult, TrainingMetrics
from torch.utils.tensorboard import SummaryWriter

from deepracer_sim.training.curves import draw_curves
from deepracer_sim.training.evaluation import Evaluation
from deepracer_sim.training.model_files import CURVES, METRICS
from deepracer_sim.training.ppo import Losses
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.sac import SoftLosses
from deepracer_sim.training.tally import Tally

DRAWING_PERIOD = 10.0
"""Shortest time between two drawings of the curves [s]: one takes as long as an iteration."""

Say = Callable[[str], None]


class RunLog:
    """Takes down what happens, below a model's folder."""

    def __init__(
        self, folder: Path, config: RunConfig, say: Say, *, resumed: bool, episodes: int = 0
    ) -> None:
        """Begin, or go on where the files end.

        Args:
            folder: of the model.
            config: of the training.
            say: prints a line.
            resumed: whether there are metrics to go on with.
            episodes: of training so far.

        Raises:
            MetricsError: the metrics of a resumed training are malformed.
            StorageError: they cannot be read.
        """
        self.say = say
        self._folder, self._config = folder, config
        path = folder / METRICS
        is_there = resumed and path.exists()
        self._metrics = (
            TrainingMetrics.resume(path, episodes) if is_there else TrainingMetrics(path)
        )
        self._board = SummaryWriter(str(folder / "tensorboard"))
        self._drawn = -np.inf

    def iteration(
        self,
        tally: Tally,
        episodes: Sequence[EpisodeResult],
        losses: Losses | SoftLosses,
        rate: float,
    ) -> None:
        """Take down one training.

        Args:
            tally: after it.
            episodes: that ended while its experience was collected.
            losses: of it.
            rate: trained steps per second since the last one.
        """
        self._metrics.begin_iteration()
        for episode in episodes:
            self._metrics.append(episode)
        charts = {"SPS": rate, "episodes": len(episodes), **_means(episodes)}
        for group, values in (("charts", charts), ("losses", asdict(losses))):
            for name, value in values.items():
                self._board.add_scalar(f"{group}/{name}", value, tally.steps)
        self.say(f"{self._progress(tally)} | {rate:,.0f} steps/s | {_episodes_line(episodes)}")

    def driving(self, tally: Tally) -> None:
        """Say that an iteration still goes on."""
        self.say(f"{self._progress(tally)} | driving")

    def evaluation(self, tally: Tally, where: str, evaluation: Evaluation, *, best: bool) -> None:
        """Take down an evaluation, made in the engine `where`."""
        for trial in evaluation.trials:
            self._metrics.append(trial.result(tally.time))
        self._board.add_scalar(f"evaluation/{where}_progress", evaluation.progress, tally.steps)
        self._board.add_scalar(f"evaluation/{where}_laps", evaluation.laps, tally.steps)
        note = ", the best so far" if best else ""
        self.say(f"    evaluation in {where}: {evaluation}{note}")

    def write(self, *, final: bool = False) -> None:
        """Bring the files up to date; the picture only now and then, or if this is `final`.

        Raises:
            StorageError: the operating system refuses.
        """
        self._metrics.write()
        is_due = time.monotonic() - self._drawn > DRAWING_PERIOD
        if self._metrics.records and (final or is_due):
            draw_curves(self._folder / CURVES, self._config.name, self._metrics.records)
            self._drawn = time.monotonic()

    def close(self) -> None:
        """Close the files of TensorBoard."""
        self._board.close()

    def _progress(self, tally: Tally) -> str:
        return (
            f"iteration {tally.iteration:4d} | {minutes(tally.seconds)} of "
            f"{minutes(60.0 * self._config.max_minutes)} | {tally.steps:,} steps, "
            f"{tally.episodes:,} episodes"
        )


def minutes(seconds: float) -> str:
    """A duration as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _episodes_line(episodes: Sequence[EpisodeResult]) -> str:
    if not episodes:
        return "none ended"
    means = _means(episodes)
    return (
        f"reward {means['reward']:.1f}, progress {means['progress']:.0f} %, "
        f"{means['laps']:.0f} laps"
    )


def _means(episodes: Sequence[EpisodeResult]) -> dict[str, float]:
    """Mean reward and progress, and the number of complete laps; nothing of no episodes."""
    if not episodes:
        return {}
    return {
        "reward": float(np.mean([episode.reward for episode in episodes])),
        "progress": float(np.mean([episode.progress for episode in episodes])),
        "laps": sum(episode.status is EpisodeStatus.LAP_COMPLETE for episode in episodes),
    }
