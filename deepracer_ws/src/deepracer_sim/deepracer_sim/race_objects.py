"""Obstacles and bot cars of a race: what there is, and where it is in each car's world.

Where objects are follows from the plan, the seed and the direction of an episode and the time in
it: whoever knows these, simulator or referee, finds the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from deepracer_core.bot_car import DEFAULT_SPEED, start_bot_cars, with_lane_changes
from deepracer_core.errors import ConfigError
from deepracer_core.lane import Placement
from deepracer_core.object_placement import (
    even_placements,
    parse_placement,
    place_obstacles,
    random_placements,
)
from deepracer_core.objects import BOX, PARKED_CAR, ObjectStates
from deepracer_core.track.track import Track

from deepracer_sim.engine import Cars, Floats
from deepracer_sim.start import Start, Tracks

OBSTACLES = {"box": BOX, "parked_car": PARKED_CAR}
BOT_CAR = "bot_car"
KINDS = (*OBSTACLES, BOT_CAR)

LANE_CHANGE_HORIZON = 300.0
"""Time for which lane changes are planned [s]; more than the 66 s of an episode of 1,000 steps."""

_PLACES, _LANE_CHANGES = 1, 2  # streams of random numbers of one seed

World = Callable[[float], ObjectStates]
"""The M objects in the world of one car at a time since the start of its episode [s]."""


@dataclass(frozen=True)
class ObjectPlan:
    """What stands or drives on the track, the same in all worlds; simapp's names in brackets.

    Raises:
        ConfigError: the kind is unknown or a number is impossible.
    """

    kind: str = "box"
    """One of `KINDS`."""
    count: int = 6
    """How many there are (NUMBER_OF_OBSTACLES, NUMBER_OF_BOT_CARS)."""
    positions: tuple[str, ...] = ()
    """Their places as "0.23,-1", share of the lap and lane (OBJECT_POSITIONS); or none."""
    randomize: bool = False
    """Without positions: at random places in each episode, or else evenly spread."""
    speed: float = DEFAULT_SPEED
    """Of bot cars [m/s] (BOT_CAR_SPEED)."""
    lane_changes: bool = False
    """Whether bot cars change lanes at random times (IS_LANE_CHANGE)."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"object kind {self.kind!r}; choose one of {', '.join(KINDS)}")
        if self.count < 1:
            raise ConfigError(f"{self.count} objects; give 1 or more, or no plan at all")
        if self.positions and len(self.positions) != self.count:
            raise ConfigError(
                f"{len(self.positions)} positions for {self.count} objects; give one for each"
            )
        if not self.speed > 0.0:
            raise ConfigError(f"bot car speed {self.speed}: give one above 0 m/s")

    def placements(self, track_length: float, seed: int) -> list[Placement]:
        """Where the objects of an episode are at its beginning, in driving direction.

        Raises:
            ConfigError: so many do not fit, or a position is malformed.
        """
        if self.positions:
            return [parse_placement(text, track_length) for text in self.positions]
        if self.randomize:
            return random_placements(self.count, track_length, _random(seed, _PLACES))
        return even_placements(self.count, track_length)

    def world(self, track: Track, seed: int) -> World:
        """The world of one car in one episode.

        Args:
            track: in driving direction.
            seed: of the episode.

        Raises:
            ConfigError: as `placements`.
        """
        placements = self.placements(track.length, seed)
        if self.kind != BOT_CAR:
            standing = place_obstacles(track, [placements], OBSTACLES[self.kind])
            return lambda _time: standing
        bots = start_bot_cars([placements], self.speed)
        if self.lane_changes:
            bots = with_lane_changes(bots, _random(seed, _LANE_CHANGES), LANE_CHANGE_HORIZON)
        return lambda time: bots.states(track, time)


class RaceObjects:
    """The objects in the worlds of N cars, M in each."""

    def __init__(self, plan: ObjectPlan, tracks: Tracks, cars: int) -> None:
        """Place them as in an episode with seed 0.

        Raises:
            ConfigError: they do not fit on the track.
        """
        self._plan = plan
        self._tracks = tracks
        self._worlds = [plan.world(tracks[False], seed=0)] * cars
        self._standing: ObjectStates | None = None

    def reset(self, cars: Cars, starts: Sequence[Start]) -> None:
        """Place the objects in the worlds of these cars for new episodes."""
        for car, start in zip(cars, starts):
            self._worlds[car] = self._plan.world(self._tracks[start.reverse], start.seed)
        self._standing = None

    def at(self, time: Floats) -> ObjectStates:
        """Where they are at times (N,) since the start of each episode [s].

        Of objects that stand the result is the same object in every call until the next reset.
        """
        if self._standing is not None:
            return self._standing
        worlds = [world(moment) for world, moment in zip(self._worlds, time)]
        states = ObjectStates(
            worlds[0].kinds,
            np.concatenate([world.poses for world in worlds]),
            np.concatenate([world.speed for world in worlds]),
        )
        if self._plan.kind != BOT_CAR:
            self._standing = states
        return states


def _random(seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng((seed, stream))
