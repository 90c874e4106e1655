"""Where an episode starts: all round the track in training, at the start line in evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deepracer_core.errors import ConfigError
from deepracer_core.lane import Lane, Placement, object_near

EVALUATION_START = Placement(arclength=0.0, lane=Lane.CENTRE)
"""An evaluation always starts on the start line, in the middle of the track (simapp)."""


@dataclass(frozen=True)
class TrainingStart:
    """How the start moves from one training episode to the next; defaults and names as in simapp.

    Where an episode starts depends on nothing but its number, so training goes on after an
    interruption where it was, and parallel workers share the track by sharing the numbers.

    Raises:
        ConfigError: `advance` or `offset` is not in [0, 1).
    """

    change: bool = True
    """Whether the start moves at all (CHANGE_START_POSITION)."""
    advance: float = 0.05
    """Share of the lap by which it moves with each episode (ROUND_ROBIN_ADVANCE_DIST)."""
    offset: float = 0.0
    """Share of the lap at which the first episode starts (START_POSITION_OFFSET)."""
    alternate_direction: bool = False
    """Whether every other episode is driven the other way round (ALTERNATE_DRIVING_DIRECTION)."""
    reverse: bool = False
    """Whether the first episode is driven against the direction of the track (REVERSE_DIR)."""

    def __post_init__(self) -> None:
        for name in ("advance", "offset"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                raise ConfigError(
                    f"TrainingStart.{name} is {value}: give a share of the lap from 0 to below 1"
                )

    def fraction(self, episode: int) -> float:
        """Share of the lap, in [0, 1), at which `episode` (from 0) starts, in driving direction."""
        advance = self.advance if self.change else 0.0
        return (self.offset + episode * advance) % 1.0

    def is_reversed(self, episode: int) -> bool:
        """Whether `episode` (from 0) is driven against the direction of the track."""
        return self.reverse != (self.alternate_direction and episode % 2 == 1)

    def placement(
        self,
        episode: int,
        track_length: float,
        objects: Iterable[Placement] = (),
        *,
        closed: bool = True,
    ) -> Placement:
        """Where the car of `episode` (from 0) is put: on the centre line, or beside an object.

        If an object stands within 1 m of the start, the lane that it does not stand on is used
        (simapp, which assumes that no two objects stand side by side).

        Args:
            episode: Number of the episode, over all workers.
            track_length: Length of the centre line [m].
            objects: What stands on the track, in the driving direction of this episode.
            closed: Whether the track is a ring.
        """
        arclength = self.fraction(episode) * track_length
        nearby = object_near(arclength, objects, track_length, closed=closed)
        return Placement(arclength, Lane.CENTRE if nearby is None else nearby.lane.opposite)
