"""Bot cars: other cars that follow their lane at constant speed and change it from time to time.

They are data: where a bot car is follows from the time alone, whatever else happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from deepracer_core.errors import ConfigError
from deepracer_core.lane import Lane, Placement
from deepracer_core.objects import BOT_CAR, ObjectStates
from deepracer_core.track.polyline import FloatArray
from deepracer_core.track.track import Track

DEFAULT_SPEED = 0.2  # [m/s] simapp BOT_CAR_SPEED
LANE_CHANGE_DISTANCE = 1.0  # [m] way along the centre line that a lane change takes; simapp
LANE_CHANGE_PAUSE = (3.0, 5.0)  # [s] least and most time between two lane changes; simapp
_HEADING_STEP = 0.05  # [m] way ahead and behind from which the heading is taken


@dataclass(frozen=True)
class BotCars:
    """M bot cars in each of N worlds.

    Attributes:
        start: (N, M) arclength on the centre line at time 0, in driving direction [m].
        side: (N, M) lane at time 0: 1 inner, -1 outer.
        speed: speed along the centre line [m/s], above 0.
        lane_changes: (N, M, C) times at which lane changes begin [s], each after the last ended.
    """

    start: FloatArray
    side: FloatArray
    speed: float
    lane_changes: FloatArray

    def states(self, track: Track, time: ArrayLike) -> ObjectStates:
        """Where the bot cars are.

        On an open track they stop at its end.

        Args:
            track: the track in driving direction.
            time: (N,) or one for all, since the start [s].
        """
        driven = np.broadcast_to(np.reshape(time, (-1, 1)), self.start.shape)
        speed = np.full(self.start.shape, self.speed)
        if not track.closed:
            arrival = (track.length - self.start) / self.speed
            speed[driven >= arrival] = 0.0
            driven = np.minimum(driven, arrival)
        step = _HEADING_STEP / self.speed
        point, ahead, behind = self._points(track, np.stack((driven, driven + step, driven - step)))
        yaw = np.arctan2(ahead[..., 1] - behind[..., 1], ahead[..., 0] - behind[..., 0])
        poses = np.concatenate((point, yaw[..., None]), axis=-1)
        return ObjectStates((BOT_CAR,) * self.start.shape[1], poses, speed)

    def _points(self, track: Track, driven: FloatArray) -> FloatArray:
        """Points (..., N, M, 2) [m] at times (..., N, M) [s]; a lane change is a smooth blend."""
        inner, outer = track.lanes_beside(self.start + self.speed * driven)
        elapsed = driven[..., None] - self.lane_changes
        share = np.clip(elapsed * self.speed / LANE_CHANGE_DISTANCE, 0.0, 1.0)
        smooth = share**2 * (3.0 - 2.0 * share)
        # Each lane change turns the side from 1 to -1 or back.
        side = self.side * np.prod(1.0 - 2.0 * smooth, axis=-1)
        points: FloatArray = (inner + outer + side[..., None] * (inner - outer)) / 2.0
        return points


def start_bot_cars(worlds: Sequence[Sequence[Placement]], speed: float = DEFAULT_SPEED) -> BotCars:
    """Bot cars that keep their lane, M in each of N worlds.

    Raises:
        ConfigError: the speed is not above 0, or a bot car is put on the centre line.
    """
    if not speed > 0.0:
        raise ConfigError(f"bot car speed {speed}: give one above 0 m/s, or place parked cars")
    if any(placement.lane is Lane.CENTRE for world in worlds for placement in world):
        raise ConfigError("a bot car is put on the centre line; give the inner or the outer lane")
    start = np.array([[placement.arclength for placement in world] for world in worlds])
    side = np.array([[float(placement.lane) for placement in world] for world in worlds])
    return BotCars(start, side, speed, np.empty((*start.shape, 0)))


def with_lane_changes(bots: BotCars, rng: np.random.Generator, horizon: float) -> BotCars:
    """The same bot cars, changing lanes at random times until `horizon` [s], with simapp's pauses.

    Args:
        bots: the bot cars; lane changes that they have are replaced.
        rng: source of randomness; the same seed gives the same times.
        horizon: time up to which lane changes are planned [s]; take the longest episode.
    """
    low, high = LANE_CHANGE_PAUSE
    duration = LANE_CHANGE_DISTANCE / bots.speed
    count = int(np.ceil(horizon / (low + duration)))
    pauses = rng.uniform(low, high, size=(*bots.start.shape, count))
    begins = np.cumsum(pauses + duration, axis=-1) - duration
    return BotCars(bots.start, bots.side, bots.speed, begins)
