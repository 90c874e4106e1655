"""Follows episodes by what is published: states, commands and the starts of episodes.

The referee wants the steps of an episode from the first to the last. What arrives on several topics
arrives in any order, so states and commands are kept until their turn comes; and as a new episode
begins with a gap in the stamps (`pacing`), no state is taken for one of the wrong episode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from deepracer_core.command_checks import NANOSECONDS, DriveCommand, GateLimits, check_values
from deepracer_core.episode import EpisodeStatus
from deepracer_core.track.track import Track

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS, CarStates
from deepracer_sim.pacing import BRAKED, Episode, in_force
from deepracer_sim.race_objects import ObjectPlan, RaceObjects
from deepracer_sim.referee import Outcomes, Referee
from deepracer_sim.start import both_directions

MAX_WAITING = {True: 2000, False: 75}
"""States that are kept while one before them is missing, in lockstep and in realtime (5 s); an
episode with a hole is given up. In lockstep many steps pass until a lost message is sent again."""

WAITING = Outcomes(
    reward=np.zeros(1),
    progress=np.zeros(1),
    steps=np.zeros(1, np.int64),
    laps=np.zeros(1, np.int64),
    status=np.array([EpisodeStatus.PAUSE], np.uint8),
    done=np.zeros(1, np.bool_),
    params=[],
)
"""What a step brings in which the car is held."""

_ONE_CAR = np.zeros(1, np.intp)
_LIMITS = GateLimits()


@dataclass(frozen=True)
class Score:
    """What one step brought."""

    episode: int
    """Number of the episode."""
    stamp: int
    """Of the step [ns]."""
    outcome: Outcomes
    """Of the one car."""
    episode_reward: float
    """Sum of the rewards of the episode so far."""


class Scorekeeper:
    """Gives a score for each step of one car, in order, once all about it is known.

    In lockstep a step has the command with the stamp of its state. In realtime not every image is
    answered: there a step has the newest command that was known when the next state came.

    Attributes:
        lost: whether the running episode cannot be judged, because its beginning or a state in it
            was missed; the next one is waited for.
    """

    def __init__(
        self, referee: Referee, track: Track, plan: ObjectPlan | None = None, *, lockstep: bool
    ) -> None:
        """Wait for an episode.

        Args:
            referee: for one car.
            track: as it is defined.
            plan: obstacles or bot cars, the same as in the simulator.
            lockstep: how the simulator is paced.
        """
        self._referee = referee
        self._race = None if plan is None else RaceObjects(plan, both_directions(track), cars=1)
        self._lockstep = lockstep
        self._episode: Episode | None = None
        self._next = 0  # stamp of the state that is to be judged next
        self._over = True
        self._reward = 0.0
        self._states: dict[int, CarStates] = {}
        self._commands: dict[int, DriveCommand] = {}
        self._latest: DriveCommand | None = None
        self.lost = False

    def begin(self, episode: Episode) -> list[Score]:
        """An episode has begun; return what can be judged now, as the next two do."""
        if self._episode is not None and episode.stamp <= self._episode.stamp:
            return []  # heard before
        self._episode, self._next = episode, episode.stamp
        self._over, self._reward, self.lost = False, 0.0, False
        self._keep(self._states, episode.stamp)
        if self._race is not None:
            self._race.reset(_ONE_CAR, [episode.start])
        return self._judge()

    def see(self, stamp: int, states: CarStates) -> list[Score]:
        """The car is in this state at `stamp` [ns]; one that is sent again changes nothing."""
        if stamp < self._next:
            return []
        self._states[stamp] = states
        scores = self._judge()
        if self._keep(self._states, self._next):
            self.lost = not self._over
        return scores

    def hear(self, command: DriveCommand) -> list[Score]:
        """The car was sent this command; the simulator ignores impossible ones, and so do we."""
        refused = check_values(command, _LIMITS)
        self._latest = None if refused else command
        if refused or command.stamp < self._next:
            return []
        self._commands.setdefault(command.stamp, command)
        scores = self._judge()
        self._keep(self._commands, self._next)
        return scores

    def _judge(self) -> list[Score]:
        """Judge all steps whose turn it is; those after the end of the episode are passed over."""
        scores = []
        while (states := self._states.get(self._next)) is not None:
            command = BRAKED if self._over else self._command_at(self._next)
            if command is None:
                break
            if not self._over:
                scores.append(self._score(states, command))
            del self._states[self._next]
            self._next += CONTROL_PERIOD_NANOSECONDS
        return scores

    def _command_at(self, stamp: int) -> tuple[float, float] | None:
        """What the car was told in this step; None: not known yet."""
        if self._lockstep:
            command = self._commands.get(stamp)
            return None if command is None else (command.steering_angle, command.speed)
        if max(self._states) == stamp:
            return None
        assert self._episode is not None
        is_ours = self._latest is not None and self._latest.stamp >= self._episode.stamp
        return (in_force(self._latest, stamp) if is_ours else None) or BRAKED

    def _score(self, states: CarStates, command: tuple[float, float]) -> Score:
        episode = self._episode
        assert episode is not None
        if self._next == episode.stamp:
            self._referee.reset(_ONE_CAR, states.poses, np.array([episode.start.reverse]))
        if episode.holds(self._next):
            return Score(episode.number, self._next, WAITING, self._reward)
        time = np.array([(self._next - episode.stamp) / NANOSECONDS])
        race_time = time + episode.start.race_time
        objects = None if self._race is None else self._race.at(race_time)
        outcome = self._referee.judge(states, np.array([command], np.float32), time, objects)
        self._reward += float(outcome.reward[0])
        self._over = bool(outcome.done[0])
        return Score(episode.number, self._next, outcome, self._reward)

    def _keep(self, waiting: dict[int, Any], earliest: int) -> bool:
        """Drop what is older than `earliest`, and the oldest of too many; tell of these."""
        for stamp in [stamp for stamp in waiting if stamp < earliest]:
            del waiting[stamp]
        too_many = len(waiting) > MAX_WAITING[self._lockstep]
        if too_many:
            del waiting[min(waiting)]
        return too_many
