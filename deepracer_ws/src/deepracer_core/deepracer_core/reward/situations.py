"""Places and states of a car in which a reward function is tried before it is trained with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepracer_core.car_location import CarLocations, locate_cars
from deepracer_core.objects import BOX, ObjectLocations, ObjectStates, locate_objects
from deepracer_core.reward_params import CarStates, step_params
from deepracer_core.track.polyline import FloatArray
from deepracer_core.track.track import Track

_HALF_TURN = math.pi  # [rad]
_OFF_TRACK = 2.0  # [track widths] from the centre line
_NEAR_BORDER = 0.4  # [track widths] from the centre line: on the line, with wheels outside
_BOX_AHEAD = 1.0  # [m]


@dataclass(frozen=True)
class Situation:
    """A car on the track.

    Attributes:
        name: What it is called in findings.
        fraction: Where base_link is along the centre line, 0 to 1.
        offset: Distance to the left of it [track widths].
        turn: Heading against the driving direction [rad].
        progress: Share of the lap that is done [%].
        steps: Number of the step.
        speed: Commanded speed [m/s].
        steering_angle: Commanded angle [rad].
        box_ahead: Distance of a box ahead on the track [m]; 0: crashed into it; None: no box.
    """

    name: str
    fraction: float
    offset: float = 0.0
    turn: float = 0.0
    progress: float = 50.0
    steps: int = 100
    speed: float = 1.0
    steering_angle: float = 0.0
    box_ahead: float | None = None


SITUATIONS = (
    Situation("start", 0.0, progress=0.8, steps=1, speed=0.0),
    Situation("on the way", 0.4, progress=40.0, speed=2.0, steering_angle=0.3),
    Situation("left border", 0.3, offset=_NEAR_BORDER, progress=30.0, steering_angle=-0.5),
    Situation("right border", 0.6, offset=-_NEAR_BORDER, progress=60.0, speed=4.0),
    Situation("off track", 0.7, offset=-_OFF_TRACK, progress=70.0),
    Situation("facing backwards", 0.2, turn=_HALF_TURN, progress=20.0),
    Situation("last waypoint", 0.9999, turn=_HALF_TURN, progress=99.9),
    Situation("finish", 0.0, progress=100.0, steps=300, speed=4.0),
    Situation("box ahead", 0.5, box_ahead=_BOX_AHEAD),
    Situation("crashed into a box", 0.5, speed=0.5, box_ahead=0.0),
)
"""All situations that a function is tried in, in this order, in both driving directions."""


def situation_params(track: Track, situation: Situation) -> dict[str, Any]:
    """The parameters of a situation, without the constants of the track.

    Args:
        track: The track in driving direction.
        situation: Where the car is and what it does.
    """
    location = locate_cars(
        track, _pose(track, situation.fraction, situation.offset, situation.turn)
    )
    cars = CarStates(
        location=location,
        steering_angle=np.array([situation.steering_angle]),
        speed=np.array([situation.speed]),
        progress=np.array([situation.progress]),
        steps=np.array([situation.steps]),
        crashed=np.array([situation.box_ahead == 0.0]),
        sim_time=np.array([situation.steps / 15.0]),
    )
    return step_params(track, cars, _box(track, location, situation.box_ahead))[0]


def _pose(track: Track, fraction: float, offset: float, turn: float) -> FloatArray:
    """Pose (1, 3) of base_link; the offset is in widths of the track at that place."""
    on_line = track.poses_at([fraction])
    width = locate_cars(track, on_line).track_width
    poses = track.poses_at([fraction], offset * width)
    poses[:, 2] += turn
    return poses


def _box(track: Track, car: CarLocations, ahead: float | None) -> ObjectLocations | None:
    """A box on the centre line, `ahead` of the car [m]."""
    if ahead is None:
        return None
    poses = track.poses_at((car.projection.arclength + ahead) / track.length)
    return locate_objects(track, ObjectStates((BOX,), poses[:, None], np.zeros((1, 1))))
