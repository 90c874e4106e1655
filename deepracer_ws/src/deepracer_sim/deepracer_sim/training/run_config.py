"""All that is decided before a training begins, in one place; it is kept with the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from deepracer_core.action_space import ActionSpace, DiscreteActionSpace
from deepracer_core.action_space_json import read_action_space, write_action_space
from deepracer_core.bundle.names import check_model_name
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import ConfigError
from deepracer_core.model_metadata import NEURAL_NETWORKS, ModelMetadata
from deepracer_core.networks import weight_shapes
from deepracer_core.new_action_space import check_new, grid
from deepracer_core.policy_spec import PolicySpec

from deepracer_sim.engine_factory import ENGINES, SHOW_OBJECTS
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.race_types import TIME_TRIAL, race_objects, write_objects
from deepracer_sim.randomisation import LEVELS
from deepracer_sim.training import plain_yaml
from deepracer_sim.training.directions import AS_DEFINED, DIRECTIONS
from deepracer_sim.training.hyperparameters import ALGORITHMS, Hyperparameters
from deepracer_sim.training.presets import find_preset
from deepracer_sim.worlds import DEFAULT_TRACK

DEFAULT_NAME = "my-first-model"
"""Of the guide, as a model's name has to be spelled."""
MAX_CARS = 512
MAX_WORKERS = 64
MAX_SIMULATORS = 16
ROLLOUTS = ("vector", "graph")
"""Where experience comes from: the vector environment, or the ROS graph."""
GRAPH_ENGINES = ("gazebo",)
"""Engines that are no part of this process."""
DEVICES = ("auto", "cpu", "cuda")
DEFAULT_MINUTES = 150.0
"""After which training stops [min] (guide)."""
SEPARATOR = ","
"""Between the names of several tracks."""

_METADATA_NAMES = {"ppo": "clipped_ppo", "sac": "sac"}  # of the algorithms, simapp
_SAVED_AS_DICT = ("hyperparameters", "preprocessing")
_RANGES: dict[str, tuple[float, float]] = {
    "cars": (1, MAX_CARS),
    "workers": (0, MAX_WORKERS),
    "num_simulators": (1, MAX_SIMULATORS),
    "seed": (0, 2**31 - 1),
    "max_minutes": (0.0, 7 * 24 * 60.0),
    "max_steps": (0, 10**10),
    "max_episodes": (0, 10**9),
    "good_evaluations": (1, 1000),
}


@dataclass(frozen=True)
class RunConfig:
    """A training.

    Raises:
        ConfigError: a value is of the wrong type, unknown or out of range.
        BundleError: the name is malformed.
        ActionSpaceError: the action space goes beyond what a new model may have.
    """

    action_space: ActionSpace
    """What the policy chooses from."""
    hyperparameters: Hyperparameters
    """How it learns."""
    preprocessing: Preprocessing
    """What it sees of a picture."""
    network: str
    """Key of `deepracer_core.networks.ARCHITECTURES`."""
    shared_value: bool
    """Whether the value is computed from the features of the policy."""
    reward: str
    """Name of a ready-made reward function, or path of a file."""
    cars: int
    """How many drive at the same time."""
    name: str = DEFAULT_NAME
    """Of the model: 1 to 64 letters, digits and hyphens."""
    description: str = ""
    """For people."""
    track: str = DEFAULT_TRACK
    """A folder of worlds/ or $DEEPRACER_WORLDS; several with commas between: the cars are spread
    over them."""
    direction: str = AS_DEFINED
    """Which way round, one of `directions.DIRECTIONS`."""
    race_type: str = TIME_TRIAL
    """One of `race_types.RACE_TYPES`."""
    objects: ObjectPlan | None = None
    """What stands or drives on the track."""
    algorithm: str = "ppo"
    """One of `hyperparameters.ALGORITHMS`."""
    preset: str = "fast"
    """What was started from; a key of `presets.PRESETS`."""
    engine: str = "planar"
    """One of `engine_factory.ENGINES` or `GRAPH_ENGINES`."""
    rollout: str = "vector"
    """One of `ROLLOUTS`."""
    num_simulators: int = 1
    """Graphs that drive at the same time, with the rollout `graph`."""
    ray_address: str = ""
    """Of a Ray cluster whose nodes simulate: `auto` or HOST:PORT; empty: this machine does."""
    device: str = "auto"
    """Where the network learns, one of `DEVICES`; `auto` takes a GPU if there is one."""
    level: str = "mild"
    """Of randomisation, one of `randomisation.LEVELS`."""
    workers: int = 0
    """Processes that simulate; 0: as many as fit this machine."""
    seed: int = 0
    """Of everything that is random."""
    max_minutes: float = DEFAULT_MINUTES
    """After which training stops [min]."""
    max_steps: int = 0
    """After which it stops; 0 for no limit."""
    max_episodes: int = 0
    """After which it stops; 0 for no limit."""
    stop_when_good: bool = True
    """Whether it stops when the policy is good enough."""
    good_evaluations: int = 1
    """In so many evaluations in a row every trial has to be completed, in MuJoCo too, for that."""

    def __post_init__(self) -> None:
        check_model_name(self.name)
        check_new(self.action_space)
        find_preset(self.preset)
        _check_choice("engine", self.engine, (*ENGINES, *GRAPH_ENGINES))
        _check_choice("rollout", self.rollout, ROLLOUTS)
        _check_choice("device", self.device, DEVICES)
        _check_choice("level", self.level, tuple(LEVELS))
        _check_choice("direction", self.direction, DIRECTIONS)
        _check_choice("algorithm", self.algorithm, ALGORITHMS)
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} is {getattr(self, name)}: give {low:g} to {high:g}")
        self._check_what_belongs_together()
        weight_shapes(self.spec, self.network)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> RunConfig:
        """Build it from plain values, as YAML and launch arguments have them.

        Args:
            settings: Some of the fields; the others are those of the preset, or the defaults.
                `action_space` as in model_metadata.json, or `{grid: {max_speed: 2.0, ...}}` with
                the arguments of `new_action_space.grid`, the angle in degrees; of
                `hyperparameters`, `preprocessing` and `objects` only what differs from the preset
                or the race type.

        Raises:
            ConfigError: a name is unknown, or a value of the wrong type or out of range.
        """
        _check_types(cls, settings)
        preset = find_preset(settings.get("preset", "fast"))
        own = {f.name: getattr(preset, f.name) for f in fields(preset) if f.name != "description"}
        values = {**own, **settings}
        if values.get("engine") in GRAPH_ENGINES:
            values.setdefault("rollout", "graph")
        _check_choice("algorithm", values.get("algorithm", "ppo"), ALGORITHMS)
        defaults = preset.hyperparameters_for(values.get("algorithm", "ppo"))
        values["hyperparameters"] = defaults.with_overrides(settings.get("hyperparameters", {}))
        values["objects"] = race_objects(
            settings.get("race_type", TIME_TRIAL), settings.get("objects", {})
        )
        values["preprocessing"] = Preprocessing.from_dict(
            {**preset.preprocessing.to_dict(), **settings.get("preprocessing", {})}
        )
        if "action_space" in settings:
            values["action_space"] = _read_actions(settings["action_space"])
        return cls(**values)

    def to_settings(self) -> dict[str, Any]:
        """Plain values that `from_settings` turns into an equal configuration."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in _SAVED_AS_DICT:
            settings[name] = settings[name].to_dict()
        settings["action_space"] = write_action_space(self.action_space)
        settings["objects"] = write_objects(self.objects)
        return settings

    def to_yaml(self) -> str:
        """The content of training_params.yaml."""
        return plain_yaml.dump(self.to_settings())

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of the tracks; the first car drives on the first one."""
        return tuple(name.strip() for name in self.track.split(SEPARATOR))

    @property
    def spec(self) -> PolicySpec:
        """What the policy says of itself."""
        deep = self.network == "deep"
        stack = replace(self.preprocessing, frames=self.hyperparameters.stack_size)
        metadata = ModelMetadata(
            self.action_space,
            neural_network=NEURAL_NETWORKS[deep],
            training_algorithm=_METADATA_NAMES[self.algorithm],
        )
        return PolicySpec(self.name, stack, metadata)

    def _check_what_belongs_together(self) -> None:
        if self.engine in GRAPH_ENGINES and self.rollout != "graph":
            raise ConfigError(f"engine {self.engine} is driven through ROS: give rollout:=graph")
        if self.algorithm == "sac" and self.device == "cuda":
            raise ConfigError("sac learns on the processor: give device:=cpu, or algorithm:=ppo")
        if self.hyperparameters.exploration_type == "e-greedy" and self.rollout == "graph":
            raise ConfigError("the ROS graph draws its actions: give exploration_type categorical")
        if self.ray_address and self.rollout != "vector":
            raise ConfigError("ray_address is for the vector rollout: leave one of the two out")
        if self.rollout == "vector" and not self.ray_address and self.workers > self.cars:
            raise ConfigError(
                f"{self.workers} workers for {self.cars} cars: give each at least one car"
            )
        if len(self.tracks) > self.cars:
            raise ConfigError(f"{len(self.tracks)} tracks for {self.cars} cars: give more cars")
        if self.objects is not None and self.engine not in SHOW_OBJECTS:
            raise ConfigError(
                f"a race of type {self.race_type} is not to be seen in engine {self.engine}: give "
                f"engine:={SHOW_OBJECTS[0]}"
            )
        is_discrete = isinstance(self.action_space, DiscreteActionSpace)
        if self.algorithm == "sac" and is_discrete:
            raise ConfigError(
                "sac needs a continuous action space: give algorithm:=ppo, or action_space:="
                "'{steering_angle: {low: -30, high: 30}, speed: {low: 0.5, high: 2}}'"
            )
        if self.hyperparameters.exploration_type == "e-greedy" and not is_discrete:
            raise ConfigError("exploration_type e-greedy is for a list of actions: use categorical")


def _read_actions(value: Any) -> ActionSpace:
    """An action space as it is written in a model_metadata.json, or as a grid.

    Raises:
        ActionSpaceError: it is impossible.
        ConfigError: the arguments of the grid are not those that it has.
    """
    if not (isinstance(value, Mapping) and [*value] == ["grid"]):
        return read_action_space(value)
    try:
        arguments = dict(value["grid"])
        if "max_steering_angle" in arguments:
            arguments["max_steering_angle"] = math.radians(arguments["max_steering_angle"])
        return grid(**arguments)
    except TypeError as error:
        raise ConfigError(
            f"action_space: {error}; give a grid such as {{grid: {{steering_granularity: 7, "
            "max_speed: 2.0, speed_granularity: 2}}"
        ) from error


def _check_types(kind: type[RunConfig], settings: Mapping[str, Any]) -> None:
    """Refuse unknown names, and plain values of the wrong type."""
    names = [field.name for field in fields(kind)]
    types = {"str": (str,), "bool": (bool,), "int": (int,), "float": (int, float)}
    for field in fields(kind):
        wanted = types.get(str(field.type), (dict, list))
        if field.name in settings and type(settings[field.name]) not in wanted:
            given = settings[field.name]
            raise ConfigError(f"{field.name} is {given!r}: give {_in_words(str(field.type))}")
    for name in settings:
        if name not in names:
            raise ConfigError(f"there is no setting {name!r}; there are {', '.join(names)}")


def _in_words(kind: str) -> str:
    words = {"str": "a text", "bool": "true or false", "int": "a whole number", "float": "a number"}
    return words.get(kind, "a mapping `{name: value, ...}`")


def _check_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{what} {value!r} is unknown: use one of {', '.join(choices)}")
