"""The referee's eyes in one driving direction: where cars and objects are, and the rewards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from deepracer_core import reward_params
from deepracer_core.car_location import CarLocations
from deepracer_core.objects import ObjectLocations, ObjectStates, find_crashes, locate_objects
from deepracer_core.track.track import Track
from numpy.typing import NDArray

from deepracer_sim.engine import Cars, Commands, Floats
from deepracer_sim.quick_location import CarLocator
from deepracer_sim.rewards import RewardMaker, Rewards

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Rows: TypeAlias = "Cars | slice"
"""Which of N cars: indexes or a slice."""


@dataclass(frozen=True, eq=False)
class Step:
    """What the reward parameters of a step need beside the view, for all N cars.

    Attributes:
        commands: (N, 2) steering angle [rad] and speed [m/s].
        progress: (N,) [%].
        number: (N,) of the step in its episode, from 1.
        time: (N,) since the start of the episode [s].
    """

    commands: Commands
    progress: Floats
    number: Ints
    time: Floats


@dataclass(frozen=True, eq=False)
class View:
    """What is seen of K cars.

    Attributes:
        location: where they are.
        objects: in their worlds, if any.
        crashed: (K,) whether a car has hit an object.
    """

    location: CarLocations
    objects: ObjectLocations | None
    crashed: Bools


class LineJudge:
    """Watches the cars that drive in one direction.

    Attributes:
        track: in this direction.
        rewards: the reward function for this direction once `prepare` was called; None without one.
    """

    def __init__(self, track: Track, make_rewards: RewardMaker | None) -> None:
        """Watch over `track`, which is in driving direction; rewards are made by `prepare`."""
        self.track = track
        self.rewards: Rewards | None = None
        self._locator = CarLocator(track)
        self._make_rewards = make_rewards
        self._seen: ObjectStates | None = None
        self._located: ObjectLocations | None = None

    def prepare(self) -> None:
        """Load the reward function, if there is one and that was not done yet.

        Raises:
            RewardError: it cannot be loaded.
        """
        if self.rewards is None and self._make_rewards is not None:
            self.rewards = self._make_rewards(reward_params.track_constants(self.track))

    def close(self) -> None:
        """End the process of the reward function."""
        if self.rewards is not None:
            self.rewards.close()

    def fractions(self, points: Floats) -> Floats:
        """Places (K,) of points (K, 2) [m] on the centre line, as share of its length."""
        return self._locator.fractions(points)

    def look(self, poses: Floats, objects: ObjectStates | None, rows: Rows) -> View:
        """See where cars are and whether they have crashed.

        Args:
            poses: (K, 3) of the cars.
            objects: in the worlds of all N cars, if any.
            rows: which of the N these K cars are.
        """
        location = self._locator.locate(poses)
        if objects is None:
            return View(location, None, np.zeros(len(poses), np.bool_))
        located = self._locate(objects, rows)
        crashes = find_crashes(self.track, location, located)
        return View(location, located, np.asarray(crashes.any(axis=1)))

    def params(self, view: View, step: Step, rows: Rows) -> list[dict[str, Any]]:
        """The reward parameters of the K cars in view without the constants, by their rows of N."""
        states = reward_params.CarStates(
            location=view.location,
            steering_angle=step.commands[rows, 0].astype(np.float64),
            speed=step.commands[rows, 1].astype(np.float64),
            progress=step.progress[rows],
            steps=step.number[rows],
            crashed=view.crashed,
            sim_time=step.time[rows],
        )
        return reward_params.step_params(self.track, states, view.objects)

    def forget_objects(self) -> None:
        """Look anew at objects that were seen before: other cars may be here now."""
        self._seen = None

    def _locate(self, objects: ObjectStates, rows: Rows) -> ObjectLocations:
        """Locate the objects in these rows, unless they are the same as the last time."""
        if self._located is None or objects is not self._seen:
            ours = ObjectStates(objects.kinds, objects.poses[rows], objects.speed[rows])
            self._seen, self._located = objects, locate_objects(self.track, ours)
        return self._located
