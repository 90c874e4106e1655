"""A car that drives an evaluation by the book: along the centre line, unless it is told to fail."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from deepracer_core.sim_trace import TraceRow
from deepracer_core.track.track import Track
from deepracer_sim.engine import (
    CONTROL_PERIOD,
    CONTROL_PERIOD_NANOSECONDS,
    CarStates,
    planar_orientation,
)
from deepracer_sim.evaluation.config import EvaluationConfig
from deepracer_sim.evaluation.marshal import Marshal, Step
from deepracer_sim.start import Start, both_directions
from env_samples import TRACK

SPEED = 2.0  # [m/s]


def states_at(pose) -> CarStates:
    x, y, yaw = pose
    return CarStates(
        position=np.array([[x, y, 0.0]]),
        orientation=planar_orientation(np.array([yaw])),
        velocity=np.zeros((1, 2)),
        yaw_rate=np.zeros(1),
        joints=np.zeros((1, 6)),
    )


@dataclass
class Moment:
    """What a driver may change of a moment."""

    way: float
    """Along the centre line since the start line, over all laps [m]."""
    left: float = 0.0
    """Of the centre line [m]."""
    crashed: bool = False
    stands: bool = False


Driver = Callable[[Moment], None]


@dataclass
class Drive:
    """A whole evaluation, driven."""

    config: EvaluationConfig
    driver: Driver = lambda moment: None
    track: Track = TRACK
    rows: list[TraceRow] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.marshal = Marshal(
            self.config, self.track, on_rows=self.rows.extend, say=self.said.append
        )
        self.tracks = both_directions(self.track)
        self.stamp = 0

    def run(self, episodes: int = 100) -> Drive:
        """Drive until all is driven, or for so many episodes of the graph."""
        for _ in range(episodes):
            if self.marshal.finished:
                break
            self.episode()
        return self

    def episode(self, steps: int | None = None) -> None:
        """Drive an episode, or give it up after some steps."""
        start = self.marshal.start
        self.starts.append(start)
        self.stamp += 7 * CONTROL_PERIOD_NANOSECONDS  # whatever the graph did meanwhile
        self.marshal.begin(self.stamp)
        moment = Moment(start.fraction * self.track.length, start.lateral_offset)
        held = math.ceil(round(start.hold / CONTROL_PERIOD, 6))
        for number in range(steps or 100_000):
            self.driver(moment)
            if self.marshal.judge(self._step(moment, reverse=start.reverse)):
                return
            self.stamp += CONTROL_PERIOD_NANOSECONDS
            if number >= held and not moment.stands:
                moment.way += SPEED * CONTROL_PERIOD

    def _step(self, moment: Moment, *, reverse: bool) -> Step:
        track = self.tracks[reverse]
        pose = track.poses_at(moment.way / track.length, moment.left)[0]
        return Step(
            stamp=self.stamp,
            states=states_at(pose),
            action=3,
            steering_angle=0.1,
            speed=SPEED,
            reward=1.5,
            crashed=moment.crashed,
            wall_clock=1.7e9,
        )


def fail_at(way: float, **changes) -> Driver:
    """Fails once, when the car comes to this place of its way [m]."""
    failed = []

    def drive(moment: Moment) -> None:
        if failed:
            if len(failed) == 1:
                failed.append(True)
                for name in changes:
                    setattr(moment, name, getattr(Moment(0.0), name))
            return
        if moment.way >= way:
            failed.append(True)
            for name, value in changes.items():
                setattr(moment, name, value)

    return drive
