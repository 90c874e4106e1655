"""Where a car is put back on the track after it failed in an evaluation (simapp)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deepracer_core.episode import EpisodeStatus
from deepracer_core.evaluation_rules import EvaluationRules
from deepracer_core.lane import Lane, Placement, object_near


@dataclass(frozen=True)
class CarState:
    """What an evaluation sees of its car in one step."""

    time: float
    """Simulated time [s]."""
    progress: float
    """Share of the lap that is done [%]."""
    off_track: bool
    """Whether the car is off the track."""
    crashed: bool
    """Whether it has hit an object."""
    position: tuple[float, float]
    """base_link in the world frame [m]."""
    arclength: float
    """Of the car's projection on the centre line, in driving direction [m]."""
    lane: Lane
    """The lane, INNER or OUTER, that the car is nearer to."""


class PutBack:
    """Chooses the place for a failed car.

    * Near a static object, the car is put behind it, on the lane that the object leaves free;
      after `mercy_crashes` failures at the same object, ahead of it.
    * Away from objects, it is put on the lane that it was nearer to, abreast of where it was in the
      step before: once off the track, it may be nearer to another part of the track.
    * A car that crashed with no static object near has hit another car, and stays where it is.

    Attributes:
        object_crashes: failures at the same object so far (simapp obstacle_crash_counter).
    """

    def __init__(
        self,
        rules: EvaluationRules,
        track_length: float,
        objects: Sequence[Placement] = (),
        *,
        closed: bool = True,
    ) -> None:
        """Prepare for one run.

        Args:
            rules: Distances and the number of failures that bring mercy.
            track_length: Length of the centre line [m].
            objects: The static objects on the track, in driving direction.
            closed: Whether the track is a ring.
        """
        self.object_crashes = 0
        self._rules = rules
        self._track_length = track_length
        self._objects = objects
        self._closed = closed
        self._last_object: Placement | None = None

    def choose(self, failure: EpisodeStatus, car: CarState, previous: CarState) -> Placement | None:
        """The place for a car that failed, or None to leave it where it is.

        Args:
            failure: How it failed.
            car: The car in the step of the failure.
            previous: The car in the step before.
        """
        crashed = failure is EpisodeStatus.CRASHED
        last = car if crashed else previous
        obstacle = object_near(
            last.arclength, self._objects, self._track_length, closed=self._closed
        )
        if obstacle is not None:
            return self._beside(obstacle)
        return None if crashed else Placement(last.arclength, last.lane)

    def _beside(self, obstacle: Placement) -> Placement:
        if obstacle != self._last_object:
            self._last_object = obstacle
            self.object_crashes = 0
        self.object_crashes += 1
        distance = -self._rules.reset_behind_distance
        if self.object_crashes == self._rules.mercy_crashes:
            self.object_crashes = 0
            distance = self._rules.reset_ahead_distance
        return Placement(self._on_track(obstacle.arclength + distance), obstacle.lane.opposite)

    def _on_track(self, arclength: float) -> float:
        if self._closed:
            return arclength % self._track_length
        return min(max(arclength, 0.0), self._track_length)
