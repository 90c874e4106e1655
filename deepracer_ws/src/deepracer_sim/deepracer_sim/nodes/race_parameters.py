"""Parameters that several nodes share: they must mean the same race, and the same car."""

from __future__ import annotations

from deepracer_core.bot_car import DEFAULT_SPEED
from deepracer_core.errors import ConfigError
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.parameters import declare
from rclpy.node import Node

from deepracer_sim.race_objects import KINDS, ObjectPlan
from deepracer_sim.randomisation import LEVELS
from deepracer_sim.vehicle_profile import DEFAULT_PROFILE, profile_names
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

POSITIONS = (
    'where each is: share of the lap, and 1 for the inner or -1 for the outer lane, as "0.23,-1"'
)

LOCKSTEP, REALTIME = "lockstep", "realtime"
MAX_OBJECTS = 50


def declare_track(node: Node) -> TrackDefinition:
    """Parameter `track`.

    Raises:
        TrackError: there is no such track, or its definition is broken.
    """
    return find_track(
        declare(node, "track", DEFAULT_TRACK, "a folder of worlds/ or $DEEPRACER_WORLDS")
    )


def declare_profile(node: Node) -> str:
    """Parameter `profile`: how the car answers commands."""
    names = ", ".join(profile_names())
    return str(declare(node, "profile", DEFAULT_PROFILE, f"vehicle profile, one of {names}"))


def declare_level(node: Node) -> str:
    """Parameter `level` of randomisation."""
    return str(declare(node, "level", "none", f"of randomisation, one of {', '.join(LEVELS)}"))


def declare_lockstep(node: Node) -> bool:
    """Parameter `pacing`; True for lockstep.

    Raises:
        ConfigError: it is neither of the two.
    """
    pacing = declare(
        node, "pacing", REALTIME, "realtime, or lockstep: the world waits for each command"
    )
    if pacing not in (LOCKSTEP, REALTIME):
        raise ConfigError(f"pacing {pacing!r}: give {LOCKSTEP} or {REALTIME}")
    return bool(pacing == LOCKSTEP)


def declare_objects(node: Node) -> ObjectPlan | None:
    """Parameters `obstacles` and `obstacle_...`; None for a track of one's own.

    Raises:
        ConfigError: there is no such kind.
    """
    count = declare(node, "obstacles", 0, "number of obstacles or cars", bounds=(0, MAX_OBJECTS))
    kind = declare(node, "obstacle_kind", KINDS[0], f"one of {', '.join(KINDS)}")
    at_random = declare(
        node, "obstacles_at_random", False, "other places in each episode, instead of even spread"
    )
    speed = declare(
        node, "bot_speed", DEFAULT_SPEED, "of bot cars [m/s]", bounds=(0.01, VEHICLE.max_speed)
    )
    changes = declare(node, "bot_lane_changes", False, "whether bot cars change lanes at times")
    positions = tuple(text for text in declare(node, "obstacle_positions", [""], POSITIONS) if text)
    if not count:
        return None
    return ObjectPlan(kind, count, positions, at_random, speed, changes)
