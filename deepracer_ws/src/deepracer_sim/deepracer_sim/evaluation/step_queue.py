"""Puts together what the topics of a graph tell about each moment of an episode, in order."""

from __future__ import annotations

import time
from dataclasses import dataclass

from deepracer_core.command_checks import DriveCommand
from deepracer_core.episode import EpisodeStatus

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS, CarStates
from deepracer_sim.evaluation.marshal import Step

NO_ACTION = -1
"""Stands for the action of a moment, in realtime, before the first decision of an episode."""


@dataclass(frozen=True)
class Outcome:
    """What the reward node says of a moment."""

    reward: float
    """Of the step."""
    status: EpisodeStatus
    """Of the step."""
    done: bool
    """Whether the episode is over for the reward node, so that it says no more of it."""


@dataclass(frozen=True)
class Choice:
    """What the policy decided, as the trace tells it."""

    stamp: int
    """Of the image [ns]."""
    action: int | tuple[float, ...]
    """Index of the action, or steering [deg] and speed [m/s] of a continuous one."""
    speed: float = 0.0
    """Of it [m/s]."""


class StepQueue:
    """The moments of one episode after the other.

    In lockstep all about a moment carries its stamp. In realtime not every image is answered: there
    a moment has the newest command and decision of the episode when the moment is put together.
    """

    def __init__(self, *, lockstep: bool) -> None:
        """Wait for an episode; `lockstep` tells how the simulator is paced."""
        self._lockstep = lockstep
        self._states: dict[int, CarStates] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._commands: dict[int, DriveCommand] = {}
        self._choices: dict[int, Choice] = {}
        self.begin(0)

    def begin(self, stamp: int) -> None:
        """An episode has begun at `stamp` [ns]; what was before it is forgotten."""
        self._next = stamp
        self._outcomes_end = False
        self._command = DriveCommand(stamp, 0.0, 0.0)  # that is in force, in realtime
        self._choice = Choice(stamp, NO_ACTION)
        self._forget()

    def see(self, stamp: int, states: CarStates) -> None:
        """The car is in this state."""
        self._states[stamp] = states

    def hear(self, command: DriveCommand) -> None:
        """The car was sent this command; if it is sent again, the first one counts."""
        self._commands.setdefault(command.stamp, command)

    def learn(self, choice: Choice) -> None:
        """The policy has decided."""
        self._choices.setdefault(choice.stamp, choice)

    def take(self, stamp: int, outcome: Outcome) -> None:
        """The reward node has judged this moment."""
        self._outcomes[stamp] = outcome

    @property
    def is_refused(self) -> bool:
        """Whether the car was sent neutral in the last moment though the policy wanted to move."""
        is_answer = self._command.stamp == self._choice.stamp
        return is_answer and self._command.speed == 0.0 and self._choice.speed != 0.0

    def pop(self) -> Step | None:
        """The next moment, if all about it is known."""
        stamp = self._next
        states, outcome = self._states.get(stamp), self._outcomes.get(stamp)
        self._command = self._commands.get(stamp, self._command)
        self._choice = self._choices.get(stamp, self._choice)
        answered = stamp in self._commands and stamp in self._choices
        if states is None or (self._lockstep and not answered):
            return None
        if outcome is None and not self._outcomes_end:
            return None
        self._next += CONTROL_PERIOD_NANOSECONDS
        self._outcomes_end |= outcome is not None and outcome.done
        self._forget()
        return Step(
            stamp,
            states,
            self._choice.action,
            self._command.steering_angle,
            self._command.speed,
            0.0 if outcome is None else outcome.reward,
            outcome is not None and outcome.status is EpisodeStatus.CRASHED,
            time.time(),
        )

    def _forget(self) -> None:
        """Drop what is older than the next moment."""
        for known in (self._states, self._outcomes, self._commands, self._choices):
            for stamp in [stamp for stamp in known if stamp < self._next]:
                del known[stamp]
