"""The referee: from states and commands of N cars to rewards, progress and the ends of episodes.

The same class judges in the vectorised environment and in the reward node, so that both give the
same. It sees what every receiver of /odom and /drive sees: states as they are, commands as float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from deepracer_core.episode import EpisodeMonitor, EpisodeRules, EpisodeStatus
from deepracer_core.objects import ObjectStates
from deepracer_core.progress import ProgressMeter
from deepracer_core.track.track import Track
from numpy.typing import NDArray

from deepracer_sim.engine import Cars, CarStates, Commands, Floats
from deepracer_sim.line_judge import Bools, Ints, LineJudge, Rows, Step, View
from deepracer_sim.quick_rules import judge_cars
from deepracer_sim.rewards import RewardMaker
from deepracer_sim.start import both_directions

TRUNCATIONS = (EpisodeStatus.TIME_UP, EpisodeStatus.STEP_LIMIT)
"""Ends that are set from outside: the car could have gone on. All others are terminations."""

CUT_OFF = (EpisodeStatus.LAP_COMPLETE, *TRUNCATIONS)
"""Ends after which the car could have driven on: a lap is complete, but the road goes on."""

_TRUNCATES = np.isin(np.arange(len(EpisodeStatus)), TRUNCATIONS)  # by status

_LAST_START = np.nextafter(1.0, 0.0)  # share of the track; the end of an open track is no start


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What one step brought to N cars; all arrays (N,).

    Attributes:
        reward: of the step; 0 if there is no reward function.
        progress: share of the lap that is done [%].
        steps: number of the step in its episode, from 1.
        laps: complete laps in the episode.
        status: values of `EpisodeStatus`.
        done: whether this step ends the episode.
        params: of each car, as the reward function got them without the constants of the track;
            empty if there is no reward function.
    """

    reward: Floats
    progress: Floats
    steps: Ints
    laps: Ints
    status: NDArray[np.uint8]
    done: Bools
    params: list[dict[str, Any]]

    @property
    def truncated(self) -> Bools:
        """(N,) whether the episode ends for a limit of time or steps."""
        return self.done & _TRUNCATES[self.status]

    @property
    def terminated(self) -> Bools:
        """(N,) whether the episode ends for what the car did."""
        return self.done & ~_TRUNCATES[self.status]


class Referee:
    """Judges the episodes of N cars that drive independently of each other.

    A step is judged by the state in which its image was taken and the command that was chosen from
    that image (simapp): first `judge`, then let the engine step.
    """

    def __init__(
        self,
        track: Track,
        cars: int,
        rules: EpisodeRules | None = None,
        make_rewards: RewardMaker | None = None,
    ) -> None:
        """Prepare for cars that begin at the start line; `reset` begins their episodes.

        Args:
            track: as it is defined.
            cars: number of cars N.
            rules: limits of an episode; by default those of DeepRacer.
            make_rewards: the reward function (`rewards`); None for rewards of 0.

        Raises:
            RewardError: the function cannot be loaded.
        """
        self._judges = tuple(LineJudge(way, make_rewards) for way in both_directions(track))
        self._judges[False].prepare()
        self._meter = ProgressMeter(cars, closed=track.closed)
        self._monitor = EpisodeMonitor(cars, rules, judge_cars)
        self._reverse = np.zeros(cars, dtype=np.bool_)
        self._groups = [*self._split(self._reverse)]

    def reset(self, cars: Cars, poses: Floats, reverse: Bools) -> None:
        """Begin new episodes.

        Args:
            cars: (K,) indexes of the cars; the others go on.
            poses: (K, 3) x, y [m], yaw [rad] of base_link at the start, before the first step.
            reverse: (K,) whether the track is driven against the direction of its definition.

        Raises:
            RewardError: the function cannot be loaded for the other direction.
        """
        self._reverse[cars] = reverse
        self._groups = [*self._split(self._reverse)]
        self._monitor.reset(cars)
        for judge in self._judges:
            judge.forget_objects()
        for judge, rows in self._split(reverse):
            judge.prepare()
            fraction = judge.fractions(poses[rows, :2])
            self._meter.reset(np.minimum(fraction, _LAST_START), cars[rows])

    def judge(
        self,
        states: CarStates,
        commands: Commands,
        time: Floats,
        objects: ObjectStates | None = None,
    ) -> Outcomes:
        """Judge one step of all cars.

        Args:
            states: before the commands act.
            commands: (N, 2) steering angle [rad] and speed [m/s], chosen from the images of this
                moment.
            time: (N,) since the start of each episode [s], 0 in its first step.
            objects: the M objects in the world of each car at this moment, if any.

        Raises:
            EpisodeError: a state is not finite, or an episode has ended and was not reset.
            RewardError: the reward function failed.
        """
        poses = states.poses
        views = [
            (judge, rows, judge.look(poses[rows], objects, rows)) for judge, rows in self._groups
        ]
        fraction, off_track, crashed = _merge(len(poses), [view[1:] for view in views])
        progress = self._meter.update(fraction)
        end = self._monitor.step(progress, off_track, crashed, poses[:, :2], time)
        step = Step(commands, progress, self._monitor.steps.copy(), time)
        reward = np.zeros(len(poses))
        params = np.full(len(poses), None)
        for judge, rows, view in views:
            if judge.rewards is not None:
                params[rows] = judged = judge.params(view, step, rows)
                reward[rows] = judge.rewards.rewards(judged)
        return Outcomes(
            reward=reward,
            progress=progress,
            steps=step.number,
            laps=self._monitor.laps.copy(),
            status=end.status,
            done=end.done,
            params=[] if params[0] is None else params.tolist(),
        )

    def close(self) -> None:
        """End the processes of the reward function."""
        for judge in self._judges:
            judge.close()

    def _split(self, reverse: Bools) -> Iterator[tuple[LineJudge, Rows]]:
        """The judge of each direction that is driven, and the rows of its cars."""
        for direction, judge in enumerate(self._judges):
            rows = reverse == direction
            if rows.all():
                yield judge, slice(None)  # as a rule; spares the copies that a mask makes
            elif rows.any():
                yield judge, np.flatnonzero(rows)


def _merge(cars: int, views: list[tuple[Rows, View]]) -> tuple[Floats, Bools, Bools]:
    """Places on the centre line (0 to 1), off the track and crashed, of all N cars."""
    fraction, off_track, crashed = np.empty(cars), np.empty(cars, bool), np.empty(cars, bool)
    for rows, view in views:
        fraction[rows] = view.location.projection.fraction
        off_track[rows], crashed[rows] = view.location.off_track, view.crashed
    return fraction, off_track, crashed
