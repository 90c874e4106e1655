"""Which way round a track is driven."""

from __future__ import annotations

from deepracer_core.errors import ConfigError
from deepracer_core.start_position import TrainingStart
from deepracer_core.track.track import Track

AS_DEFINED, ALTERNATE = "as_defined", "alternate"
DIRECTIONS = (AS_DEFINED, "counterclockwise", "clockwise", ALTERNATE)


def training_start(direction: str, track: Track) -> TrainingStart:
    """How the episodes of a training start.

    Args:
        direction: as the track is defined, always one way round, or every other episode the other.
        track: as it is defined.

    Raises:
        ConfigError: there is no such direction.
    """
    if direction not in DIRECTIONS:
        raise ConfigError(f"direction {direction!r} is unknown: use one of {', '.join(DIRECTIONS)}")
    if direction in (AS_DEFINED, ALTERNATE):
        return TrainingStart(alternate_direction=direction == ALTERNATE)
    return TrainingStart(reverse=track.is_counterclockwise != (direction == "counterclockwise"))
