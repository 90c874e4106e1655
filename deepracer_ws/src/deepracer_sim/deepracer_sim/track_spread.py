"""Spreads the cars of an environment evenly over its tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from deepracer_sim.buffers import Buffers
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.line_judge import Ints
from deepracer_sim.rollout import Rollout


def track_rows(tracks: int, cars: int) -> list[slice]:
    """Which of the cars drive on each track: neighbours, and the first car on the first track."""
    bounds = np.linspace(0, cars, tracks + 1).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(bounds)]


class TrackSpread:
    """Some of the cars of an environment, each on its track; used as one `Rollout`."""

    def __init__(self, config: EnvConfig, buffers: Buffers, rows: slice) -> None:
        """Build a world for each track on which one of these cars drives.

        Args:
            config: of the environment.
            buffers: of all its cars.
            rows: which of them are these.

        Raises:
            DeepRacerError: see `Rollout`.
        """
        cars = len(buffers.images)
        self._parts: list[tuple[slice, Rollout]] = [
            (slice(part.start - rows.start, part.stop - rows.start), rollout)
            for part, rollout in _build(config, buffers, rows, cars)
        ]

    def reset(self, seeds: Sequence[int], episodes: Ints) -> None:
        """Begin anew with all of them; see `Rollout.reset`."""
        for part, rollout in self._parts:
            rollout.reset(seeds[part], episodes[part])

    def step(self) -> None:
        """Follow the commands in the buffers for one step; see `Rollout.step`."""
        for _, rollout in self._parts:
            rollout.step()

    def close(self) -> None:
        """Free everything."""
        for _, rollout in self._parts:
            rollout.close()


def _build(
    config: EnvConfig, buffers: Buffers, rows: slice, cars: int
) -> Iterator[tuple[slice, Rollout]]:
    """The rows of each track that are among `rows`, and their rollout."""
    for track, part in zip(config.tracks, track_rows(len(config.tracks), cars)):
        ours = slice(max(part.start, rows.start), min(part.stop, rows.stop))
        if ours.start < ours.stop:
            yield ours, Rollout(track, buffers.rows(ours), cars)
