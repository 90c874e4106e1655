"""The referee of an evaluation: laps one after the other, holds for penalties, and results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from deepracer_core.episode import EpisodeMonitor, EpisodeStatus
from deepracer_core.errors import EpisodeError
from deepracer_core.evaluation_report import TrialResult
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.lane import Placement
from deepracer_core.put_back import CarState, PutBack
from deepracer_core.start_position import EVALUATION_START

_FAILURES = frozenset(
    {
        EpisodeStatus.OFF_TRACK,
        EpisodeStatus.CRASHED,
        EpisodeStatus.IMMOBILIZED,
        EpisodeStatus.REVERSED,
    }
)

_TIME_TOLERANCE = 1e-9
"""By how much rounding of summed step times may end a hold early [s]."""


@dataclass(frozen=True)
class Verdict:
    """What became of a step, and what is to be done before the next one."""

    status: EpisodeStatus
    """Of this step; PREPARE at the start of a run and PAUSE while the car is held."""
    hold: float = 0.0
    """Seconds that the car has still to stand, its commands replaced by zero; 0 to drive."""
    put_back: Placement | None = None
    """Where the car is put now, at rest, whatever its action was; None to leave it where it is."""
    result: TrialResult | None = None
    """The trial that ended with this step."""
    run_over: bool = False
    """Whether the run ended: `begin` the next one, unless the evaluation is finished."""


@dataclass
class _Lap:
    """Account of the lap under way."""

    start_time: float
    failures: Counter[EpisodeStatus] = field(default_factory=Counter)
    off_track_penalty: float = 0.0
    collision_penalty: float = 0.0


@dataclass
class _Run:
    """What lasts from one start at the line to the next."""

    start_time: float
    put_back: PutBack
    lap: _Lap
    hold_until: float
    resets: int = 0
    previous: CarState | None = None


class Evaluation:
    """Referee of one car's evaluation, driven step by step by a node or an environment.

    A run is what a car drives from one start at the line to the next: one trial, or all of them if
    the evaluation is continuous. In a run the car

    * prepares: in the first step, and as long as `prepare_time`;
    * drives, judged by an `EpisodeMonitor`;
    * is put back (`PutBack`) and held for the penalty after each failure, while resets are left.
      The clock of the lap goes on: the penalty is part of the lap time (simapp).

    A run ends with its last lap, with a failure when no reset is left, or with a limit of
    `EpisodeRules`. A continuous run that ends early ends the evaluation.

    ```
    while not evaluation.finished:
        place(evaluation.begin(time))
        verdict = evaluation.step(car_state())
        while not verdict.run_over:
            ...  # put back, hold or drive
    ```

    Attributes:
        results: the trials that have ended, in order.
    """

    def __init__(self, rules: EvaluationRules, track_length: float, *, closed: bool = True) -> None:
        """Prepare an evaluation.

        Args:
            rules: What is evaluated and how.
            track_length: Length of the centre line [m].
            closed: Whether the track is a ring.
        """
        self.rules = rules
        self.results: list[TrialResult] = []
        self._track_length = track_length
        self._closed = closed
        self._monitor = EpisodeMonitor(1, rules.episode)
        self._run: _Run | None = None
        self._broken_off = False

    @property
    def finished(self) -> bool:
        """Whether no trial is left: all were driven, or a continuous run ended early."""
        return self._broken_off or len(self.results) == self.rules.trials

    @property
    def object_crashes(self) -> int:
        """Failures at the same object so far in this run (simapp obstacle_crash_counter)."""
        return 0 if self._run is None else self._run.put_back.object_crashes

    def begin(self, time: float, objects: Sequence[Placement] = ()) -> Placement:
        """Begin the next run.

        Args:
            time: Simulated time [s].
            objects: The static objects on the track, in driving direction.

        Returns:
            Where the car is put, at rest.

        Raises:
            EpisodeError: a run is under way, or the evaluation is finished.
        """
        if self._run is not None:
            raise EpisodeError("a run is under way: go on with step until run_over")
        if self.finished:
            raise EpisodeError("the evaluation is finished: make a new one")
        start = time + self.rules.prepare_time
        put_back = PutBack(self.rules, self._track_length, objects, closed=self._closed)
        self._run = _Run(start, put_back, _Lap(start), hold_until=start)
        self._monitor.reset()
        return EVALUATION_START

    def step(self, car: CarState) -> Verdict:
        """Judge one step.

        Raises:
            EpisodeError: no run is under way, or the car's state is not finite.
        """
        run = self._run
        if run is None:
            raise EpisodeError("no run is under way: begin one, or stop if finished")
        hold = run.hold_until - car.time
        previous, run.previous = run.previous or car, car
        if hold > _TIME_TOLERANCE:
            return Verdict(EpisodeStatus.PAUSE if run.resets else EpisodeStatus.PREPARE, hold)
        status = self._judge(run, car)
        if status in _FAILURES:
            run.lap.failures[status] += 1
            if run.resets < self.rules.max_resets:
                return self._reset(run, status, car, previous)
        if status is not EpisodeStatus.IN_PROGRESS:
            return self._end_lap(run, status, car)
        first = previous is car and not run.resets
        return Verdict(EpisodeStatus.PREPARE if first else status)

    def _judge(self, run: _Run, car: CarState) -> EpisodeStatus:
        outcome = self._monitor.step(
            [car.progress],
            [car.off_track],
            [car.crashed],
            [car.position],
            [car.time - run.start_time],
        )
        return EpisodeStatus(outcome.status[0])

    def _reset(
        self, run: _Run, failure: EpisodeStatus, car: CarState, previous: CarState
    ) -> Verdict:
        """Let the run go on after a failure."""
        penalty = self.rules.penalty(failure)
        if failure is EpisodeStatus.CRASHED:
            run.lap.collision_penalty += penalty
        else:
            run.lap.off_track_penalty += penalty
        run.resets += 1
        run.hold_until = car.time + penalty
        run.previous = None
        self._monitor.resume()
        return Verdict(failure, penalty, run.put_back.choose(failure, car, previous))

    def _end_lap(self, run: _Run, status: EpisodeStatus, car: CarState) -> Verdict:
        """Note the result of the lap; go on with the next one or end the run."""
        failures = run.lap.failures
        result = TrialResult(
            trial=len(self.results) + 1,
            status=status,
            progress=car.progress,
            start_time=run.lap.start_time,
            end_time=car.time,
            off_tracks=failures[EpisodeStatus.OFF_TRACK],
            crashes=failures[EpisodeStatus.CRASHED],
            immobilizations=failures[EpisodeStatus.IMMOBILIZED],
            reversals=failures[EpisodeStatus.REVERSED],
            off_track_penalty=run.lap.off_track_penalty,
            collision_penalty=run.lap.collision_penalty,
        )
        self.results.append(result)
        goes_on = self.rules.continuous and status is EpisodeStatus.LAP_COMPLETE
        if goes_on and not self.finished:
            run.lap = _Lap(car.time)
            self._monitor.reset()
            return Verdict(status, result=result)
        self._broken_off = self.rules.continuous and not self.finished
        self._run = None
        return Verdict(status, result=result, run_over=True)
