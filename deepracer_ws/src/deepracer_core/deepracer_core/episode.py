"""When an episode ends: the rules of DeepRacer, judged for many cars at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

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


# In the order in which a step is judged; the last one always holds.
_RULES = np.array(
    (
        EpisodeStatus.LAP_COMPLETE,
        EpisodeStatus.OFF_TRACK,
        EpisodeStatus.CRASHED,
        EpisodeStatus.IMMOBILIZED,
        EpisodeStatus.REVERSED,
        EpisodeStatus.TIME_UP,
        EpisodeStatus.STEP_LIMIT,
        EpisodeStatus.IN_PROGRESS,
    ),
    dtype=np.uint8,
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

    def __init__(self, cars: int, rules: EpisodeRules | None = None) -> None:
        """Start an episode for each of `cars` cars, under `rules` (default: all defaults)."""
        self.rules = rules or EpisodeRules()
        self.steps = np.zeros(cars, dtype=np.int64)
        self.laps = np.zeros(cars, dtype=np.int64)
        self._standing = np.zeros(cars, dtype=np.int64)
        self._reversing = np.zeros(cars, dtype=np.int64)
        self._progress = np.zeros(cars)
        self._position = np.full((cars, 2), np.nan)
        self._done = np.zeros(cars, dtype=np.bool_)

    def reset(self, cars: CarSelection = ALL_CARS) -> None:
        """Begin a new episode for the chosen cars; the others go on."""
        self.steps[cars] = 0
        self.laps[cars] = 0
        self._progress[cars] = 0.0
        self.resume(cars)

    def resume(self, cars: CarSelection = ALL_CARS) -> None:
        """Let the episodes of the chosen cars go on after they were put back on the track.

        Steps, laps and progress stay; standing and reversing are counted anew.
        """
        self._standing[cars] = 0
        self._reversing[cars] = 0
        self._position[cars] = np.nan
        self._done[cars] = False

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
        progress = self._finite("progress", self._per_car("progress", progress, np.float64))
        position = self._finite("position", self._per_car("position", position, np.float64, 2))
        off_track = self._per_car("off_track", off_track, np.bool_)
        crashed = self._per_car("crashed", crashed, np.bool_)
        elapsed = self._finite("elapsed", self._per_car("elapsed", elapsed, np.float64))
        if self._done.any():
            cars = np.flatnonzero(self._done).tolist()
            raise EpisodeError(
                f"the episodes of cars {cars} have ended: reset them before the next step"
            )
        self._count(progress, position)
        status = self._judge(progress, off_track, crashed, elapsed)
        lap = status == EpisodeStatus.LAP_COMPLETE
        self.laps += lap
        self._progress = np.where(lap, 0.0, progress)
        self._done = (status != EpisodeStatus.IN_PROGRESS) & ~(lap & (self.laps < self.rules.laps))
        return EpisodeOutcome(status, self._done.copy())

    def _per_car(self, name: str, value: ArrayLike, dtype: type, *columns: int) -> NDArray[Any]:
        """A copy of `value` as an array with one row per car."""
        array: NDArray[Any] = np.array(value, dtype=dtype)
        expected = (len(self.steps), *columns)
        if array.shape != expected:
            raise EpisodeError(f"{name} has shape {array.shape}: give {expected}, one row per car")
        return array

    def _finite(self, name: str, array: NDArray[np.float64]) -> NDArray[np.float64]:
        if not np.isfinite(array).all():
            rows = np.isfinite(array).reshape(len(array), -1).all(axis=1)
            raise EpisodeError(
                f"{name} of cars {np.flatnonzero(~rows).tolist()} is not finite: their simulation "
                "has broken down, check the actions and the time step that it was given"
            )
        return array

    def _count(self, progress: NDArray[np.float64], position: NDArray[np.float64]) -> None:
        """Bring the numbers of steps, of standing and of reversing up to date."""
        self.steps += 1
        # The first position of an episode has no predecessor: NaN is never <= a distance.
        moved = np.hypot(*(position - self._position).T)
        standing = moved <= self.rules.immobilized_distance
        self._standing = np.where(standing, self._standing + 1, 0)
        self._reversing = np.where(progress < self._progress, self._reversing + 1, 0)
        self._position = position

    def _judge(
        self,
        progress: NDArray[np.float64],
        off_track: NDArray[np.bool_],
        crashed: NDArray[np.bool_],
        elapsed: NDArray[np.float64],
    ) -> NDArray[np.uint8]:
        rules = self.rules
        time_limit = np.inf if rules.time_limit is None else rules.time_limit
        max_steps = np.inf if rules.max_steps is None else rules.max_steps
        holds = np.ones((len(_RULES), len(progress)), dtype=np.bool_)
        holds[0] = progress >= COMPLETE
        holds[1] = off_track
        holds[2] = crashed
        holds[3] = self._standing >= rules.immobilized_steps
        holds[4] = self._reversing >= rules.reversed_steps
        holds[5] = elapsed > time_limit
        holds[6] = self.steps >= max_steps
        status: NDArray[np.uint8] = _RULES[holds.argmax(axis=0)]
        return status
