"""The rules of an episode, compiled: `deepracer_core.episode` itself does without a compiler."""

from __future__ import annotations

from deepracer_core import episode
from numba import njit
from numba.extending import register_jitable

for _rule in (episode.count_step, episode.status_of):
    register_jitable(_rule)

judge_cars: episode.Judge = njit(cache=True, error_model="numpy")(episode.judge_cars)
