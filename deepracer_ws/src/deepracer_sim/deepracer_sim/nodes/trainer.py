"""The trainer as a ROS node: parameters in, one of its cars on the topics of a simulator."""

from __future__ import annotations

import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import rclpy
from deepracer_core.errors import ConfigError, DeepRacerError
from deepracer_drive.models import open_store
from deepracer_drive.parameters import declare
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from deepracer_sim.engine_factory import ENGINES
from deepracer_sim.nodes.mirror import Mirror
from deepracer_sim.nodes.track_publisher import publish_track
from deepracer_sim.race_types import RACE_TYPES
from deepracer_sim.randomisation import LEVELS
from deepracer_sim.training.directions import DIRECTIONS
from deepracer_sim.training.hyperparameters import ALGORITHMS
from deepracer_sim.training.presets import PRESETS
from deepracer_sim.training.run_config import (
    DEFAULT_MINUTES,
    DEFAULT_NAME,
    DEVICES,
    GRAPH_ENGINES,
    MAX_CARS,
    MAX_SIMULATORS,
    MAX_WORKERS,
    ROLLOUTS,
    RunConfig,
)
from deepracer_sim.training.session import Session, begin, clone, go_on
from deepracer_sim.training.settings import gather_settings
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

if TYPE_CHECKING:
    from deepracer_sim.training.experience import SourceMaker
    from deepracer_sim.training.moments import Watcher


def declare_settings(node: Node) -> dict[str, Any]:
    """The parameters of a training, as settings of `run_config.RunConfig`.

    A parameter that is empty or 0 is not given: then the file `config` decides, or the model that
    is cloned or goes on, or else the preset or the default.

    Raises:
        ConfigError: a text that should be YAML is not.
        StorageError: the file cannot be read.
    """
    presets = "; ".join(f"{name}: {preset.description}" for name, preset in PRESETS.items())
    defaults: dict[str, tuple[Any, str]] = {
        "description": ("", "for people"),
        "track": ("", f"a folder of worlds/ or $DEEPRACER_WORLDS, or several: {DEFAULT_TRACK},..."),
        "direction": ("", f"which way round, one of {', '.join(DIRECTIONS)}"),
        "race_type": ("", f"one of {', '.join(RACE_TYPES)}"),
        "objects": ("", "what differs from the race type, such as {count: 3}"),
        "algorithm": ("", f"one of {', '.join(ALGORITHMS)}"),
        "preset": ("", presets),
        "reward": ("", "a ready-made reward function, or a Python file"),
        "engine": ("", f"one of {', '.join((*ENGINES, *GRAPH_ENGINES))}"),
        "level": ("", f"of randomisation, one of {', '.join(LEVELS)}"),
        "rollout": ("", f"where experience comes from, one of {', '.join(ROLLOUTS)}"),
        "ray_address": ("", "of a Ray cluster that simulates: auto or HOST:PORT; empty: none"),
        "device": ("", f"where the network learns, one of {', '.join(DEVICES)}"),
        "network": ("", "slim, classic or deep"),
        "action_space": ("", "as in model_metadata.json, in one line"),
        "hyperparameters": ("", "those that differ from the preset, such as {lr: 0.001}"),
        "preprocessing": ("", "what differs from the preset, such as {width: 160}"),
        "max_minutes": (0.0, f"after which training stops [min]; 0: {DEFAULT_MINUTES:g}"),
        "stop_when_good": (True, "stop as soon as the policy is good enough"),
    }
    given = {name: declare(node, name, *entry) for name, entry in defaults.items()}
    counts = {
        "cars": ("that drive at the same time; 0: of the preset", MAX_CARS),
        "workers": ("processes that simulate; 0: as many as fit this machine", MAX_WORKERS),
        "num_simulators": ("graphs that drive at the same time; 0: one", MAX_SIMULATORS),
        "seed": ("of everything that is random", 2**31 - 1),
        "max_steps": ("after which training stops; 0: no limit", 2**53),
        "max_episodes": ("after which training stops; 0: no limit", 2**53),
        "good_evaluations": ("evaluations in a row without a failure that are good enough", 1000),
    }
    for name, (description, most) in counts.items():
        defaults[name] = (0, description)
        given[name] = declare(node, name, 0, description, bounds=(0, most))
    name = declare(node, "model", DEFAULT_NAME, "name: 1 to 64 letters, digits and hyphens")
    path = declare(node, "config", "", "YAML file with settings; empty: none")
    given = {name: value for name, value in given.items() if value != defaults[name][0]}
    return gather_settings(name, path, given)


def open_session(node: Node) -> Session:
    """The training that the parameters ask for.

    Raises:
        DeepRacerError: a parameter is wrong, or a file cannot be used.
    """
    settings = declare_settings(node)
    resume = declare(node, "resume", False, "go on with the training of this model")
    source = declare(node, "clone", "", "model whose weights a new one starts from")
    if resume and source:
        raise ConfigError("clone makes a new model, resume goes on with one: give one of them")
    if source:
        return clone(settings, source, open_store())
    return (go_on if resume else begin)(settings, open_store())


def main() -> None:
    """Train until there is a reason to stop: SIGINT and SIGTERM are such reasons."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node("trainer")
    try:
        _train(node, stop)
    except DeepRacerError as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _train(node: Node, stop: threading.Event) -> None:
    session = open_session(node)
    say = partial(print, flush=True)
    for note in (f"training {session.config.name} in {session.bundle.path}", *session.notes):
        say(note)
    say("getting ready: seconds, or half a minute the first time, to compile the simulator")
    # takes seconds to load: what is wrong with the parameters is told before
    from deepracer_sim.training.trainer import Trainer

    publish_track(node, find_track(session.config.tracks[0]))
    make_source, watchers = _source(node, session.config, stop)
    try:
        trainer = Trainer(session, say=say, watchers=watchers, stop=stop, make_source=make_source)
    except DeepRacerError:
        session.withdraw()
        raise
    trainer.run()


def _source(
    node: Node, config: RunConfig, stop: threading.Event
) -> tuple[SourceMaker, list[Watcher]]:
    """Where experience comes from, and who shows it; a graph shows itself."""
    if config.rollout == "graph":
        from deepracer_sim.nodes.graph_source import GraphSource

        return partial(GraphSource, stop=stop), []
    if config.ray_address:
        from deepracer_sim.training.remote_rollouts import RemoteCollector

        return RemoteCollector, [Mirror(node).watch]
    from deepracer_sim.training.collector import vector_source

    return vector_source, [Mirror(node).watch]
