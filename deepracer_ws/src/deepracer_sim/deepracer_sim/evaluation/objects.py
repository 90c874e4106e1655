"""The obstacles and bot cars of an evaluation, placed again as its results and its trace tell."""

from __future__ import annotations

from deepracer_core.errors import MetricsError

from deepracer_sim.evaluation.config import run_seed
from deepracer_sim.evaluation.driven import Driven
from deepracer_sim.race_objects import World
from deepracer_sim.race_types import race_objects


def find_worlds(driven: Driven) -> dict[int, World]:
    """The world of each trial, by its number, at a time of the trace [s]; none in a time trial.

    Raises:
        MetricsError: results.json does not tell what was on the track.
        ConfigError: it tells of objects that no race has.
    """
    config = driven.results.config
    worlds: dict[int, World] = {}
    try:
        objects = config["objects"]
        plan = None if objects is None else race_objects(config["race_type"], objects)
        if plan is None:
            return {}
        for lap in driven.laps:
            # Objects are those of a run: it begins with a trial, or with the first of them all.
            first = driven.laps[0] if config["continuous"] else lap
            world = plan.world(driven.track, run_seed(config["seed"], first.trial - 1))
            worlds.setdefault(lap.trial, _since(first.rows[0].time, world))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MetricsError(
            f"results.json does not tell what was on the track: {error!r}; evaluate again"
        ) from error
    return worlds


def _since(begin: float, world: World) -> World:
    """A world by another clock, on which its race begins at `begin` [s]."""
    return lambda time: world(time - begin)
