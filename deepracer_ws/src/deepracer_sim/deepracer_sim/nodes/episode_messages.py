"""How an episode starts, as the fields that ResetCar.srv and EpisodeStart.msg have in common."""

from __future__ import annotations

from typing import Any

from deepracer_core.errors import EpisodeError
from deepracer_drive.messages import to_nanoseconds, to_time
from deepracer_interfaces.msg import EpisodeStart
from deepracer_interfaces.srv import ResetCar

from deepracer_sim.nodes.track_messages import MAP_FRAME
from deepracer_sim.pacing import Episode
from deepracer_sim.start import Start


def to_request(start: Start) -> ResetCar.Request:
    """Ask for an episode that starts so."""
    return ResetCar.Request(**_fields(start))


def to_episode_message(episode: Episode) -> EpisodeStart:
    """Tell of an episode."""
    message = EpisodeStart(episode=episode.number, **_fields(episode.start))
    message.header.stamp = to_time(episode.stamp)
    message.header.frame_id = MAP_FRAME
    return message


def to_episode(message: EpisodeStart) -> Episode:
    """Inverse of `to_episode_message`.

    Raises:
        EpisodeError: a field is out of range.
    """
    return Episode(message.episode, to_nanoseconds(message.header.stamp), to_start(message))


def to_start(message: ResetCar.Request | EpisodeStart) -> Start:
    """The start that is asked for or told of.

    Raises:
        EpisodeError: a field is out of range.
    """
    names, values = list(message.setting_names), list(message.setting_values)
    if len(names) != len(values):
        raise EpisodeError(f"start: {len(values)} values for {len(names)} settings; give one each")
    return Start(
        message.start_fraction,
        message.lateral_offset,
        message.heading_offset,
        message.reverse_direction,
        message.seed,
        message.race_time,
        message.hold,
        tuple(zip(names, values)),
    )


def _fields(start: Start) -> dict[str, Any]:
    return {
        "start_fraction": start.fraction,
        "lateral_offset": start.lateral_offset,
        "heading_offset": start.heading_offset,
        "reverse_direction": start.reverse,
        "seed": start.seed,
        "race_time": start.race_time,
        "hold": start.hold,
        "setting_names": [name for name, _ in start.settings],
        "setting_values": [value for _, value in start.settings],
    }
