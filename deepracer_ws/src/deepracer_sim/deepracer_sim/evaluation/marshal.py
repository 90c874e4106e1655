"""The marshal of an evaluation: judges each step, puts the car back, and collects the results.

The rules are the core's (`deepracer_core.evaluation`). Here they meet a graph of which the episodes
are begun by a service: a run consists of one episode from the start line and one more for each time
that the car is put back. The clock of the evaluation counts judged moments, a control period each;
so what a graph does between the end of an episode and the beginning of the next, and how long it
takes for it, changes no result.
"""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from deepracer_core.car_location import CarLocations, locate_cars
from deepracer_core.command_checks import NANOSECONDS
from deepracer_core.episode import EpisodeStatus
from deepracer_core.evaluation import Evaluation, Verdict
from deepracer_core.evaluation_report import TrialResult, format_lap_time
from deepracer_core.lane import Lane, Placement
from deepracer_core.progress import ProgressMeter
from deepracer_core.put_back import CarState
from deepracer_core.sim_trace import TraceRow
from deepracer_core.track.track import Track

from deepracer_sim.engine import CONTROL_PERIOD, CONTROL_PERIOD_NANOSECONDS, CarStates
from deepracer_sim.evaluation.config import EvaluationConfig, Run, plan_runs
from deepracer_sim.evaluation.results import Trial
from deepracer_sim.race_objects import BOT_CAR
from deepracer_sim.start import Start, both_directions, start_at, start_where

AS_PUT = (("lateral_offset", 0.0), ("heading_offset", 0.0))
"""Settings by which a car that is put back stands exactly where it is put."""

FAILURES = (
    EpisodeStatus.OFF_TRACK,
    EpisodeStatus.CRASHED,
    EpisodeStatus.IMMOBILIZED,
    EpisodeStatus.REVERSED,
)
"""After which a car is put back, while resets are left."""


@dataclass(frozen=True, eq=False)
class Step:
    """One moment of the car, and what was made of it."""

    stamp: int
    """Of the moment [ns]."""
    states: CarStates
    """Of the one car."""
    action: int | tuple[float, ...]
    """Index of the action, or steering [deg] and speed [m/s] of a continuous one."""
    steering_angle: float
    """Commanded [rad], left positive."""
    speed: float
    """Commanded [m/s]."""
    reward: float
    """Of the step."""
    crashed: bool
    """Whether the car has hit an object."""
    wall_clock: float
    """Unix time [s]."""


@dataclass
class _Account:
    """What judging changes; an episode that is begun anew begins with it as it was."""

    evaluation: Evaluation
    meter: ProgressMeter
    trials: list[Trial]
    lap_count: int
    """Laps that have ended, of all trials."""
    lap_begin: float
    """When the running lap began [s], in the time of the evaluation."""
    laps: list[TrialResult] = field(default_factory=list)
    """Of the trial that is driven."""
    lap_steps: int = 0
    """Moments of the running lap so far."""
    quarters: int = 0
    """Quarters of the running lap that were told of."""


class Marshal:
    """Leads one car through all its runs.

    ```
    while not marshal.finished:
        marshal.begin(reset_car(marshal.start))  # its first stamp
        while not marshal.judge(next_step()):
            ...  # the episode of the graph goes on
    ```
    """

    def __init__(
        self,
        config: EvaluationConfig,
        track: Track,
        *,
        on_rows: Callable[[Sequence[TraceRow]], None] = lambda _: None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare the first run.

        Args:
            config: what is evaluated.
            track: as it is defined.
            on_rows: is given the rows of each episode of the graph when that has ended.
            say: is told in words what happens.

        Raises:
            ConfigError: the objects do not fit on the track.
        """
        self._config = config
        self._tracks = both_directions(track)
        self._track = self._tracks[config.reverse]
        self._on_rows, self._say = on_rows, say
        self._runs = deque(plan_runs(config))
        self._rows: list[TraceRow] = []
        self._first = 0  # stamp of the first moment of the episode [ns]
        self._begin_run(0, trials=[], lap_count=0)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be driven."""
        return not self._runs

    @property
    def start(self) -> Start:
        """How the episode starts that is driven, or is to be begun."""
        return self._start

    @property
    def trials(self) -> list[Trial]:
        """The trials that have ended."""
        return self._account.trials

    def begin(self, stamp: int) -> None:
        """An episode with `start` has begun at `stamp` [ns].

        If it was begun before, in a graph that then fell silent, what was judged of it is void.
        """
        self._first = stamp
        self._now = copy.deepcopy(self._account)
        self._rows.clear()

    def judge(self, step: Step) -> bool:
        """Judge the next moment of the episode.

        Returns:
            Whether the episode ends with it, so that the next one is to be begun, with `start`.

        Raises:
            EpisodeError: the car's state is not finite.
        """
        now, time = self._now, self._begin_time + step.stamp - self._first
        location = locate_cars(self._track, step.states.poses)
        car = self._car_state(step, location, time)
        verdict = now.evaluation.step(car)
        now.lap_steps += 1
        self._rows.append(self._row(step, car, location, verdict))
        is_over = verdict.run_over or (verdict.result is None and verdict.status in FAILURES)
        if verdict.result is not None:
            self._end_lap(verdict.result)
        elif is_over:
            self._say(self._failure_words(verdict, car))
        else:
            self._tell_quarter(car)
        if is_over:
            self._end_episode(verdict, step, time)
        return is_over

    def _begin_run(self, time: int, trials: list[Trial], lap_count: int) -> None:
        """Prepare the next run, which begins at `time` [ns] of the evaluation."""
        run, rules, track = self._runs[0], self._config.rules, self._track
        rules = replace(rules, trials=run.laps, continuous=run.laps > 1)
        evaluation = Evaluation(rules, track.length, closed=track.closed)
        place = evaluation.begin(time / NANOSECONDS, self._standing_objects(run))
        meter = ProgressMeter(1, closed=track.closed)
        self._account = _Account(evaluation, meter, trials, lap_count, time / NANOSECONDS)
        self._now = self._account
        start = start_at(place, self._tracks, reverse=self._config.reverse, seed=run.seed)
        self._begin_time = self._run_begin = time
        self._start = replace(start, settings=tuple(run.settings))

    def _standing_objects(self, run: Run) -> Sequence[Placement]:
        plan = self._config.objects
        if plan is None or plan.kind == BOT_CAR:
            return ()
        return plan.placements(self._track.length, run.seed)

    def _car_state(self, step: Step, location: CarLocations, time: int) -> CarState:
        projection = location.projection
        is_inner = location.is_left_of_centre[0] == self._track.is_counterclockwise
        x, y, _ = step.states.poses[0].tolist()
        return CarState(
            time=time / NANOSECONDS,
            progress=self._progress(step, location),
            off_track=bool(location.off_track[0]),
            crashed=step.crashed,
            position=(x, y),
            arclength=float(projection.arclength[0]),
            lane=Lane.INNER if is_inner else Lane.OUTER,
        )

    def _progress(self, step: Step, location: CarLocations) -> float:
        """Share of the lap [%]; while the car is held it stays, lest a lap ends unjudged."""
        meter = self._now.meter
        if step.stamp - self._first < round(self._start.hold * NANOSECONDS):
            return float(meter.previous[0])
        return float(meter.update(location.projection.fraction)[0])

    def _end_lap(self, result: TrialResult) -> None:
        """Note a lap, and the trial if that ends with it."""
        now, run = self._now, self._runs[0]
        now.lap_count += 1
        now.lap_steps = now.quarters = 0
        now.lap_begin = result.end_time
        now.laps.append(replace(result, trial=now.lap_count))
        wanted = self._config.laps
        if len(now.laps) < wanted and result.status is EpisodeStatus.LAP_COMPLETE:
            self._say(f"{self._heading()}: lap {len(now.laps)} in {format_lap_time(result.time)}")
            return
        number = len(now.trials) + 1
        trial = Trial(number, run.seed, wanted, tuple(now.laps), tuple(run.settings))
        total = trial.total
        resets = f", {total.resets} resets" if trial.complete and total.resets else ""
        self._say(
            f"{self._heading()}: {total.status.label}, {int(total.progress)} % in "
            f"{format_lap_time(total.time)}{resets}"
        )
        now.trials.append(trial)
        now.laps = []

    def _end_episode(self, verdict: Verdict, step: Step, time: int) -> None:
        """Settle what was judged, and prepare the next episode."""
        self._account = self._now
        self._on_rows(self._rows)
        self._rows = []
        time += CONTROL_PERIOD_NANOSECONDS
        if verdict.run_over:
            self._runs.popleft()
            if self._runs:
                self._begin_run(time, self._now.trials, self._now.lap_count)
            return
        start = self._put_back(verdict.put_back, step)
        self._begin_time = time
        self._start = replace(
            start,
            race_time=(time - self._run_begin) / NANOSECONDS,
            hold=max(verdict.hold - CONTROL_PERIOD, 0.0),
            settings=(*self._runs[0].settings, *AS_PUT),
        )

    def _put_back(self, place: Placement | None, step: Step) -> Start:
        """At the place, or where the car is."""
        reverse, seed = self._config.reverse, self._runs[0].seed
        if place is None:
            return start_where(step.states.poses[0], self._tracks, reverse=reverse, seed=seed)
        return start_at(place, self._tracks, reverse=reverse, seed=seed)

    def _row(self, step: Step, car: CarState, location: CarLocations, verdict: Verdict) -> TraceRow:
        held = verdict.status is EpisodeStatus.PAUSE
        now = self._now
        (x, y), yaw = location.point[0].tolist(), float(step.states.poses[0, 2])
        waypoint = self._track.closest_waypoints(location.projection.arclength)[0, 0]
        return TraceRow(
            episode=now.lap_count,
            steps=now.lap_steps,
            x=x,
            y=y,
            yaw=math.degrees(yaw),
            steering_angle=0.0 if held else math.degrees(step.steering_angle),
            speed=0.0 if held else step.speed,
            action=step.action,
            reward=0.0 if held else step.reward,
            done=verdict.result is not None,
            all_wheels_on_track=bool(location.all_wheels_on_track[0]),
            progress=car.progress,
            closest_waypoint=int(waypoint),
            track_length=self._track.length,
            time=car.time,
            status=verdict.status,
            pause_duration=verdict.hold,
            object_crashes=now.evaluation.object_crashes,
            wall_clock=step.wall_clock,
        )

    def _heading(self) -> str:
        return f"trial {len(self._now.trials) + 1} of {self._config.trials}"

    def _failure_words(self, verdict: Verdict, car: CarState) -> str:
        label = verdict.status.label.lower()
        penalty = f", {verdict.hold:g} s penalty" if verdict.hold else ""
        return f"{self._heading()}: {label} at {int(car.progress)} %, put back{penalty}"

    def _tell_quarter(self, car: CarState) -> None:
        """Say where the car is as it passes a quarter of the lap."""
        now = self._now
        if self._config.robustness or car.progress < 25.0 * (now.quarters + 1):
            return
        now.quarters = int(car.progress // 25.0)
        elapsed = format_lap_time(car.time - now.lap_begin)
        self._say(f"{self._heading()}: {25 * now.quarters} % after {elapsed}")
