"""When the world of one car moves: in lockstep with its driver, or with the wall clock.

Stamps are simulated time [ns]. The moment of a stamp is the state that is published with it; the
next one follows a control period later. A reset leaves one period out, so that everybody who
follows the stamps notices a new episode by them alone; what is stamped before it is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from deepracer_core.command_checks import (
    NANOSECONDS,
    DriveCommand,
    GateLimits,
    Refusal,
    Refused,
    check_age,
    check_values,
)

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS, CarStates, Images
from deepracer_sim.simulation import Simulation
from deepracer_sim.start import Start

EPISODE_GAP = 2 * CONTROL_PERIOD_NANOSECONDS
"""From the last stamp of an episode to the first one of the next [ns]."""

BRAKED = (0.0, 0.0)
"""Steering angle [rad] and speed [m/s] of a car that nobody drives."""

_ONE_CAR = np.zeros(1, np.intp)
_LIMITS = GateLimits()


@dataclass(frozen=True)
class Episode:
    """An episode that has begun; the fields of EpisodeStart.msg."""

    number: int
    """Since the start of the simulator; 0 is the time before the first reset."""
    stamp: int
    """Of its first moment [ns]."""
    start: Start
    """How it was asked for."""

    def holds(self, stamp: int) -> bool:
        """Whether the car still waits at `stamp` [ns], whatever it is told."""
        return stamp < self.stamp + round(self.start.hold * NANOSECONDS)


def in_force(command: DriveCommand | None, stamp: int) -> tuple[float, float] | None:
    """Steering angle [rad] and speed [m/s] that drive at `stamp` [ns]; None: the car brakes."""
    if command is None or check_age(command.stamp, stamp, _LIMITS):
        return None
    return command.steering_angle, command.speed


class Timeline:
    """What both ways of pacing share: the moment, the episode, and how to begin another one.

    Attributes:
        stamp: of the present moment [ns]. The first one is a period after 0, which in ROS means
            that there is no time.
        episode: that is running.
    """

    def __init__(self, simulation: Simulation, start: Start) -> None:
        """Begin the first episode of a simulation of one car."""
        self._simulation = simulation
        self.stamp = CONTROL_PERIOD_NANOSECONDS
        simulation.reset(_ONE_CAR, [start])
        self.episode = Episode(0, self.stamp, start)

    @property
    def states(self) -> CarStates:
        """State of the one car at the present moment."""
        return self._simulation.states

    @property
    def image(self) -> Images:
        """What its policy sees then; overwritten by the next moment."""
        image: Images = self._simulation.images[0]
        return image

    def reset(self, start: Start) -> None:
        """Begin another episode.

        Raises:
            DeepRacerError: the car cannot be put there; all is as it was.
        """
        self._simulation.reset(_ONE_CAR, [start])
        self.stamp += EPISODE_GAP
        self.episode = Episode(self.episode.number + 1, self.stamp, start)

    def offer(self, command: DriveCommand) -> Refused | None:
        """Take a command from /drive; say why if it is refused."""
        raise NotImplementedError

    def _advance(self, steering_angle: float, speed: float) -> None:
        if self.episode.holds(self.stamp):
            steering_angle, speed = BRAKED
        self._simulation.step(np.array([[steering_angle, speed]], np.float32))
        self.stamp += CONTROL_PERIOD_NANOSECONDS

    def _check(self, command: DriveCommand, latest: int) -> Refused | None:
        """Find what is wrong with a command that may be stamped `latest` at most."""
        if command.stamp > latest:
            ahead = (command.stamp - self.stamp) / 1e9
            return Refused(
                Refusal.FUTURE,
                f"/drive is stamped {ahead:.3f} s after the newest image; look for a source that "
                "does not copy the stamp of the image or does not use the simulated time",
            )
        return check_values(command, _LIMITS)


class Lockstep(Timeline):
    """The world waits for the command that is stamped like its present moment, and follows it."""

    def offer(self, command: DriveCommand) -> Refused | None:
        """Advance if the command is the awaited one; one for the past comes too late to matter."""
        refused = self._check(command, self.stamp)
        if refused is None and command.stamp == self.stamp:
            self._advance(command.steering_angle, command.speed)
        return refused


class Realtime(Timeline):
    """The world follows the newest command at each `tick`, and brakes while there is none.

    Attributes:
        braking: whether there was no command at the last tick.
    """

    braking = True
    _command: DriveCommand | None = None

    def offer(self, command: DriveCommand) -> Refused | None:
        """Keep the command for the next tick; a refused one ends the one before, as on the car."""
        refused = self._check(command, self.stamp + CONTROL_PERIOD_NANOSECONDS)
        if command.stamp >= self.episode.stamp:
            self._command = None if refused else command
        return refused

    def tick(self) -> None:
        """Advance by one period; to be called once in each."""
        driven = in_force(self._command, self.stamp)
        self.braking = driven is None
        self._advance(*(driven or BRAKED))

    def reset(self, start: Start) -> None:
        """Begin another episode, braked."""
        super().reset(start)
        self._command = None
