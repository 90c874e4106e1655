"""model_metadata.json: the AWS description of what a model sees and which actions it has.

| field | values | if missing |
|---|---|---|
| `action_space` | list of `{steering_angle [deg], speed [m/s]}`, or `{steering_angle: {low, high}, speed: {low, high}}` | refused |
| `version` | "1" to "6" | 2 if there is a `sensor`, else 1 |
| `sensor` | exactly one camera, at most one LiDAR; version 1 has always seen `observation`, the one camera of 2018 | refused from version 2 on |
| `neural_network` | see `NEURAL_NETWORKS` | the shallow one |
| `training_algorithm` | `clipped_ppo`, `sac` (continuous only) | `clipped_ppo` |
| `action_space_type` | `discrete`, `continuous` | as `action_space` is written |
| `lidar_config` | see `LidarConfig` | none |

So simapp reads it, which also ignores the case of algorithm and type. Actions of old files carry an
`index`; as AWS' tools do, we go by the order and drop it. Any other unknown field in an action is
refused, for it might change what the action means; unknown fields of the file itself are notes of
other tools and are kept.
"""  # noqa: E501 - a table

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from deepracer_core import strict_json
from deepracer_core.action_space import ActionSpace, ContinuousActionSpace
from deepracer_core.action_space_json import read_action_space, write_action_space
from deepracer_core.errors import ActionSpaceError, JsonError, ModelMetadataError
from deepracer_core.json_fields import Fields

VERSIONS = range(1, 7)
LEGACY_SENSOR = "observation"
CAMERAS = (LEGACY_SENSOR, "FRONT_FACING_CAMERA", "LEFT_CAMERA", "STEREO_CAMERAS")
LIDARS = ("LIDAR", "SECTOR_LIDAR", "DISCRETIZED_SECTOR_LIDAR")
NEURAL_NETWORKS = (
    "DEEP_CONVOLUTIONAL_NETWORK_SHALLOW",
    "DEEP_CONVOLUTIONAL_NETWORK",
    "DEEP_CONVOLUTIONAL_NETWORK_DEEP",
)
TRAINING_ALGORITHMS = ("clipped_ppo", "sac")
ACTION_SPACE_TYPES = ("discrete", "continuous")

LIDAR_SAMPLES = 64
"""Samples of one turn of the LiDAR; simapp."""
LIDAR_RANGE = (0.15, 12.0)
"""[m] what the LiDAR measures; simapp."""
_FIELDS = frozenset(
    (
        "action_space",
        "sensor",
        "neural_network",
        "training_algorithm",
        "action_space_type",
        "version",
        "lidar_config",
    )
)

MAX_VALUES_PER_SECTOR = 256
"""Ours, for files from strangers: simapp asks for 1 or more, and defaults to 8."""


@dataclass(frozen=True)
class LidarConfig:
    """How DISCRETIZED_SECTOR_LIDAR sums up its samples; the defaults are those of simapp."""

    num_sectors: int = 8
    """Sectors of one turn; divides the 64 samples."""
    num_values_per_sector: int = 8
    """Steps that the distance in a sector is rounded to."""
    clipping_dist: float = 2.0
    """Distances beyond this count as free [m]."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ModelMetadataError: a value is out of range.
        """
        if self.num_sectors < 1 or LIDAR_SAMPLES % self.num_sectors:
            raise ModelMetadataError(
                f"lidar_config.num_sectors is {self.num_sectors}: give a divisor of {LIDAR_SAMPLES}"
            )
        if not 1 <= self.num_values_per_sector <= MAX_VALUES_PER_SECTOR:
            raise ModelMetadataError(
                f"lidar_config.num_values_per_sector is {self.num_values_per_sector}: "
                f"give 1 to {MAX_VALUES_PER_SECTOR}"
            )
        nearest, furthest = LIDAR_RANGE
        if not nearest <= self.clipping_dist <= furthest:
            raise ModelMetadataError(
                f"lidar_config.clipping_dist is {self.clipping_dist} m: "
                f"give {nearest} to {furthest} m"
            )


@dataclass(frozen=True)
class ModelMetadata:
    """The content of a model_metadata.json; the defaults are those of a new model."""

    action_space: ActionSpace
    """The actions to choose from."""
    sensors: tuple[str, ...] = ("FRONT_FACING_CAMERA",)
    """What the network sees, in the order of its inputs."""
    neural_network: str = NEURAL_NETWORKS[0]
    """Name of the architecture."""
    training_algorithm: str = TRAINING_ALGORITHMS[0]
    """Name of the algorithm."""
    version: int = 5
    """Version of the format, which is that of the simulation application."""
    lidar_config: LidarConfig | None = None
    """How the LiDAR is summed up; None if the file does not say."""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Fields of other tools, as they stood in the file."""

    def __post_init__(self) -> None:
        """Check that the fields have known values and fit together.

        Raises:
            ModelMetadataError: a value is unknown, or two contradict each other.
        """
        if self.version not in VERSIONS:
            raise ModelMetadataError(
                f"version is {self.version}: this stack knows {VERSIONS[0]} to {VERSIONS[-1]}"
            )
        _check_choice("neural_network", self.neural_network, NEURAL_NETWORKS)
        _check_choice("training_algorithm", self.training_algorithm, TRAINING_ALGORITHMS)
        _check_sensors(self.sensors)
        if self.version == 1 and self.sensors != (LEGACY_SENSOR,):
            raise ModelMetadataError(
                f"version 1 sees {LEGACY_SENSOR!r} only, not {list(self.sensors)}: "
                f"use version 2 or newer"
            )
        if self.training_algorithm == "sac" and self.action_space_type == "discrete":
            raise ModelMetadataError(
                "training_algorithm sac has a discrete action space: use clipped_ppo"
            )
        shadowed = _FIELDS.intersection(self.extra)
        if shadowed:
            raise ModelMetadataError(f"extra repeats the fields {sorted(shadowed)}: remove them")

    @property
    def action_space_type(self) -> str:
        """`discrete` or `continuous`."""
        return ACTION_SPACE_TYPES[isinstance(self.action_space, ContinuousActionSpace)]

    @classmethod
    def from_json(cls, data: str | bytes) -> ModelMetadata:
        """Read the text of a model_metadata.json, which may come from strangers.

        Raises:
            ModelMetadataError: it is no strict JSON, or a field is missing, unknown, of the wrong
                type or out of range; the message names the field and how to repair it.
        """
        try:
            return _read(Fields(strict_json.loads(data)))
        except (JsonError, ActionSpaceError) as error:
            raise ModelMetadataError(str(error)) from error

    def to_json(self) -> str:
        """Write it in the format of its version.

        Returns:
            Indented JSON that `from_json` turns into an equal object.
        """
        document: dict[str, Any] = {"action_space": write_action_space(self.action_space)}
        if self.version > 1:
            document["sensor"] = list(self.sensors)
        document["neural_network"] = self.neural_network
        document["training_algorithm"] = self.training_algorithm
        document["action_space_type"] = self.action_space_type
        document["version"] = str(self.version)
        if self.lidar_config is not None:
            document["lidar_config"] = asdict(self.lidar_config)
        return json.dumps({**document, **self.extra}, indent=2, allow_nan=False) + "\n"


def _read(document: Fields) -> ModelMetadata:
    version = _read_version(document)
    metadata = ModelMetadata(
        action_space=read_action_space(document.value("action_space")),
        sensors=(LEGACY_SENSOR,) if version == 1 else document.texts("sensor"),
        neural_network=(
            document.text("neural_network") if "neural_network" in document else NEURAL_NETWORKS[0]
        ),
        training_algorithm=_name(document, "training_algorithm", TRAINING_ALGORITHMS[0]),
        version=version,
        lidar_config=_read_lidar_config(document),
        extra=document.others(_FIELDS),
    )
    kind = _name(document, "action_space_type", metadata.action_space_type)
    _check_choice("action_space_type", kind, ACTION_SPACE_TYPES)
    if kind != metadata.action_space_type:
        raise ModelMetadataError(
            f"action_space_type is {kind}, but action_space is written as a "
            f"{metadata.action_space_type} one (a list is discrete): change one of them"
        )
    return metadata


def _read_version(document: Fields) -> int:
    """The version, which files have as "5", 5 or 5.0."""
    if "version" not in document:
        return 2 if "sensor" in document else 1
    value = document.value("version")
    for version in VERSIONS:
        if str(value) in (f"{version}", f"{version}.0"):
            return version
    raise ModelMetadataError(
        f"version is {str(value)[:40]!a}: this stack knows {VERSIONS[0]} to {VERSIONS[-1]}"
    )


def _name(document: Fields, name: str, default: str) -> str:
    """A name whose case and surrounding blanks do not matter, as in simapp."""
    return document.text(name).strip().lower() if name in document else default


def _read_lidar_config(document: Fields) -> LidarConfig | None:
    if "lidar_config" not in document:
        return None
    config = Fields(document.value("lidar_config"), "lidar_config")
    readers = {
        "num_sectors": config.integer,
        "num_values_per_sector": config.integer,
        "clipping_dist": config.number,
    }
    config.allow_only(*readers)
    given: dict[str, Any] = {name: read(name) for name, read in readers.items() if name in config}
    return LidarConfig(**given)


def _check_sensors(sensors: tuple[str, ...]) -> None:
    for sensor in sensors:
        _check_choice("sensor", sensor, (*CAMERAS, *LIDARS))
    cameras = sum(sensor in CAMERAS for sensor in sensors)
    if cameras != 1 or len(sensors) > 2:
        raise ModelMetadataError(
            f"sensor is {list(sensors)}: give exactly one camera of {', '.join(CAMERAS)} and at "
            f"most one of {', '.join(LIDARS)}"
        )


def _check_choice(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ModelMetadataError(
            f"{what} {value[:60]!a} is unknown: use one of {', '.join(choices)}"
        )
