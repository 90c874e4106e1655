"""When an episode ends: the rules of DeepRacer, judged for many cars at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deepracer_core.errors import ConfigError, EpisodeError
from deepracer_core.progress import COMPLETE

CarSelection = NDArray[np.bool_] | NDArray[np.intp] | slice
"""Which cars of a batch: a mask (N,), indexes, or `ALL_CARS`."""

ALL_CARS = slice(None)


class EpisodeStatus(IntEnum):
    """How an episode stands after a step; numbers as in deepracer_interfaces/msg/StepOutcome.

    All but STEP_LIMIT, the limit of the 2018 guide, are the states of simapp.
    """

    IN_PROGRESS = 0
    LAP_COMPLETE = 1
    OFF_TRACK = 2
    CRASHED = 3
    IMMOBILIZED = 4
    REVERSED = 5
    TIME_UP = 6
    STEP_LIMIT = 7
    PREPARE = 8
    PAUSE = 9
    PARK = 10

    @property
    def word(self) -> str:
        """The status as SIM_TRACE_LOG writes it, such as `off_track` (simapp)."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The status as the metrics files and the console show it, such as `Off track` (simapp)."""
        return (
            "Time Up" if self is EpisodeStatus.TIME_UP else self.word.replace("_", " ").capitalize()
        )


@dataclass(frozen=True)
class EpisodeRules:
    """The limits of an episode; the defaults are those of the 2018 guide and of simapp.

    Raises:
        ConfigError: a limit is not positive.
    """

    max_steps: int | None = 1000
    """Steps after which an episode ends, counting from 1 (guide: 1,000); None for no limit."""
    time_limit: float | None = None
    """Simulated seconds that an episode may last (simapp: in virtual races); None for no limit."""
    laps: int = 1
    """Laps that make an episode complete."""
    immobilized_distance: float = 0.0003
    """Movement in one step up to which a car counts as standing [m] (simapp)."""
    immobilized_steps: int = 15
    """Steps in a row standing that end an episode (simapp: one second)."""
    reversed_steps: int = 15
    """Steps in a row of falling progress that end an episode (simapp NUMBER_OF_REVERSE_COUNTS)."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is not None and not value > 0:
                raise ConfigError(f"EpisodeRules.{name} is {value}: give a number above 0")


@dataclass(frozen=True)
class EpisodeOutcome:
    """What one step did to the episodes of N cars."""

    status: NDArray[np.uint8]
    """(N,) values of `EpisodeStatus`; LAP_COMPLETE at the end of each lap, also if more follow."""
    done: NDArray[np.bool_]
    """(N,) True where this step ends the episode."""


class Limits(NamedTuple):
    """`EpisodeRules` as numbers, infinite where there is no limit."""

    max_steps: float
    time_limit: float
    laps: int
    immobilized_distance: float
    immobilized_steps: int
    reversed_steps: int


class Episodes(NamedTuple):
    """The episodes of N cars as far as they are judged."""

    steps: NDArray[np.int64]
    """(N,) number of steps."""
    laps: NDArray[np.int64]
    """(N,) complete laps."""
    standing: NDArray[np.int64]
    """(N,) steps in a row standing."""
    reversing: NDArray[np.int64]
    """(N,) steps in a row of falling progress."""
    progress: NDArray[np.float64]
    """(N,) what the next one is compared with [%]."""
    position: NDArray[np.float64]
    """(N, 2) in the last step [m]; no number before the first."""
    done: NDArray[np.bool_]
    """(N,) whether the last step ended the episode."""


def judge_cars(
    progress: NDArray[np.float64],
    off_track: NDArray[np.bool_],
    crashed: NDArray[np.bool_],
    position: NDArray[np.float64],
    elapsed: NDArray[np.float64],
    limits: Limits,
    episodes: Episodes,
    status: NDArray[np.uint8],
) -> None:
    """Judge one step of N cars, one after the other, as `EpisodeMonitor` describes it.

    It and what it calls work on numbers, so that whoever has numba can compile them.

    Args:
        progress: (N,) [%], as the following arguments of `EpisodeMonitor.step`.
        off_track: (N,)
        crashed: (N,)
        position: (N, 2) [m]
        elapsed: (N,) [s]
        limits: of the episodes.
        episodes: brought up to date.
        status: (N,) the result.
    """
    for car in range(len(status)):
        count_step(car, progress[car], position[car], limits, episodes)
        verdict = status_of(
            car, progress[car], off_track[car], crashed[car], elapsed[car], limits, episodes
        )
        status[car] = verdict
        episodes.done[car] = verdict != EpisodeStatus.IN_PROGRESS
        if verdict == EpisodeStatus.LAP_COMPLETE:
            episodes.laps[car] += 1
            episodes.progress[car] = 0.0
            episodes.done[car] = episodes.laps[car] >= limits.laps


def count_step(
    car: int,
    progress: float,
    position: NDArray[np.float64],
    limits: Limits,
    episodes: Episodes,
) -> None:
    """Bring the numbers of steps, of standing and of reversing of one car up to date."""
    x, y = position[0] - episodes.position[car, 0], position[1] - episodes.position[car, 1]
    # The first position of an episode has no predecessor: NaN is never <= a distance.
    standing = math.sqrt(x * x + y * y) <= limits.immobilized_distance
    episodes.steps[car] += 1
    episodes.standing[car] = episodes.standing[car] + 1 if standing else 0
    reversing = progress < episodes.progress[car]
    episodes.reversing[car] = episodes.reversing[car] + 1 if reversing else 0
    episodes.progress[car] = progress
    episodes.position[car] = position


def status_of(
    car: int,
    progress: float,
    off_track: bool,
    crashed: bool,
    elapsed: float,
    limits: Limits,
    episodes: Episodes,
) -> int:
    """The first rule that holds for one car, after its step was counted."""
    if progress >= COMPLETE:
        return EpisodeStatus.LAP_COMPLETE
    if off_track:
        return EpisodeStatus.OFF_TRACK
    if crashed:
        return EpisodeStatus.CRASHED
    if episodes.standing[car] >= limits.immobilized_steps:
        return EpisodeStatus.IMMOBILIZED
    if episodes.reversing[car] >= limits.reversed_steps:
        return EpisodeStatus.REVERSED
    if elapsed > limits.time_limit:
        return EpisodeStatus.TIME_UP
    if episodes.steps[car] >= limits.max_steps:
        return EpisodeStatus.STEP_LIMIT
    return EpisodeStatus.IN_PROGRESS


Judge = Callable[..., None]
"""`judge_cars`, or the same compiled."""


class EpisodeMonitor:
    """Judges every step of the episodes of N cars that run independently of each other.

    A step is judged by the first rule that holds, in this order (simapp looks at lap completion
    first, since a car may crash on the finish line):

    | Status       | Holds when                                                         |
    |--------------|--------------------------------------------------------------------|
    | LAP_COMPLETE | progress >= 100                                                    |
    | OFF_TRACK    | the car is off the track                                           |
    | CRASHED      | the car has hit an object                                          |
    | IMMOBILIZED  | `immobilized_steps` in a row moved at most `immobilized_distance`  |
    | REVERSED     | `reversed_steps` in a row lowered the progress                     |
    | TIME_UP      | more than `time_limit` has passed                                  |
    | STEP_LIMIT   | this is step number `max_steps`                                    |

    Progress is compared with that of the step before; with 0 in the first step of an episode and
    after a completed lap. Movement counts from the second step.

    Attributes:
        steps: (N,) number of steps in the running episode.
        laps: (N,) laps completed in it.
    """

    def __init__(
        self, cars: int, rules: EpisodeRules | None = None, judge: Judge = judge_cars
    ) -> None:
        """Start an episode for each of `cars` cars.

        Args:
            cars: number of cars N.
            rules: limits of an episode; None for all defaults.
            judge: what judges a step: `judge_cars`, or the same compiled.
        """
        self.rules = rules or EpisodeRules()
        self._limits = _limits(self.rules)
        self._judge = judge
        self._episodes = Episodes(
            steps=np.zeros(cars, np.int64),
            laps=np.zeros(cars, np.int64),
            standing=np.zeros(cars, np.int64),
            reversing=np.zeros(cars, np.int64),
            progress=np.zeros(cars),
            position=np.full((cars, 2), np.nan),
            done=np.zeros(cars, np.bool_),
        )
        self.steps, self.laps = self._episodes.steps, self._episodes.laps

    def reset(self, cars: CarSelection = ALL_CARS) -> None:
        """Begin a new episode for the chosen cars; the others go on."""
        self.steps[cars] = 0
        self.laps[cars] = 0
        self._episodes.progress[cars] = 0.0
        self.resume(cars)

    def resume(self, cars: CarSelection = ALL_CARS) -> None:
        """Let the episodes of the chosen cars go on after they were put back on the track.

        Steps, laps and progress stay; standing and reversing are counted anew.
        """
        self._episodes.standing[cars] = 0
        self._episodes.reversing[cars] = 0
        self._episodes.position[cars] = np.nan
        self._episodes.done[cars] = False

    def step(
        self,
        progress: ArrayLike,
        off_track: ArrayLike,
        crashed: ArrayLike,
        position: ArrayLike,
        elapsed: ArrayLike,
    ) -> EpisodeOutcome:
        """Judge one step of every car.

        Args:
            progress: (N,) share of the lap that is done [%].
            off_track: (N,) whether the car is off the track.
            crashed: (N,) whether the car has hit an object.
            position: (N, 2) base_link in the world frame [m].
            elapsed: (N,) simulated time since the start of the episode [s].

        Raises:
            EpisodeError: an argument has a wrong shape or is not finite, or an episode has ended
                and was neither reset nor resumed.
        """
        progress = self._per_car("progress", progress, np.float64)
        position = self._per_car("position", position, np.float64, 2)
        off_track = self._per_car("off_track", off_track, np.bool_)
        crashed = self._per_car("crashed", crashed, np.bool_)
        elapsed = self._per_car("elapsed", elapsed, np.float64)
        if not math.isfinite(progress.sum() + position.sum() + elapsed.sum()):
            _check_finite(progress=progress, position=position, elapsed=elapsed)
        if self._episodes.done.any():
            cars = np.flatnonzero(self._episodes.done).tolist()
            raise EpisodeError(
                f"the episodes of cars {cars} have ended: reset them before the next step"
            )
        status = np.empty(len(progress), np.uint8)
        self._judge(
            progress,
            off_track,
            crashed,
            position,
            elapsed,
            self._limits,
            self._episodes,
            status,
        )
        return EpisodeOutcome(status, self._episodes.done.copy())

    def _per_car(self, name: str, value: ArrayLike, dtype: type, *columns: int) -> NDArray[Any]:
        """`value` as an array with one row per car."""
        array: NDArray[Any] = np.asarray(value, dtype=dtype)
        expected = (len(self.steps), *columns)
        if array.shape != expected:
            raise EpisodeError(f"{name} has shape {array.shape}: give {expected}, one row per car")
        return array


def _limits(rules: EpisodeRules) -> Limits:
    return Limits(
        max_steps=math.inf if rules.max_steps is None else float(rules.max_steps),
        time_limit=math.inf if rules.time_limit is None else float(rules.time_limit),
        laps=rules.laps,
        immobilized_distance=float(rules.immobilized_distance),
        immobilized_steps=rules.immobilized_steps,
        reversed_steps=rules.reversed_steps,
    )


def _check_finite(**arrays: NDArray[np.float64]) -> None:
    for name, array in arrays.items():
        rows = np.isfinite(array).reshape(len(array), -1).all(axis=1)
        if not rows.all():
            raise EpisodeError(
                f"{name} of cars {np.flatnonzero(~rows).tolist()} is not finite: their simulation "
                "has broken down, check the actions and the time step that it was given"
            )
