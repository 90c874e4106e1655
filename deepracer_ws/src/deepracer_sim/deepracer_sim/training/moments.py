"""One step of one car, for whoever watches training: the trace, and the mirror in ROS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from deepracer_core.episode import EpisodeStatus

from deepracer_sim.engine import CarStates, Images


@dataclass(frozen=True, eq=False)
class Moment:
    """A step of the first car.

    Attributes:
        states: of one car, when the step was judged.
        image: (rows, columns, colours) what the policy saw then; overwritten by the next step.
        action: index in a discrete action space, or normalised steering and speed.
        steering_angle: commanded [rad], left positive.
        speed: commanded [m/s].
        reward: of the step.
        episode_reward: sum over the episode so far.
        progress: share of the lap that is done [%].
        status: of the episode after the step.
        done: whether the step ends it.
        episode: its number.
        step: number of the step in it, from 1.
        time: simulated, since training began [s].
    """

    states: CarStates
    image: Images
    action: int | tuple[float, ...]
    steering_angle: float
    speed: float
    reward: float
    episode_reward: float
    progress: float
    status: EpisodeStatus
    done: bool
    episode: int
    step: int
    time: float


def first_car(states: CarStates) -> CarStates:
    """The state of the first car only, as a copy."""
    columns = {field.name: getattr(states, field.name)[:1].copy() for field in fields(states)}
    return CarStates(**columns)


Watcher = Callable[[Moment], None]
"""Called with each moment, in the thread that collects; it must be quick."""
