"""The format of policy.onnx: a network that says itself what it sees and what its outputs mean.

| part | content |
|---|---|
| input `image` | uint8 (1, channels, rows, columns), made by `camera.CameraPreprocessor` |
| output `distribution`, discrete | float32 (1, n): probability of each action, in the order of the action space |
| output `distribution`, continuous | float32 (1, 4): mean of steering and of speed, then their standard deviations, in the normalised range [-1, 1] of the action space |
| metadata `deepracer.format` | version of this format, "1" |
| metadata `deepracer.model` | name of the model that was trained |
| metadata `deepracer.preprocessing` | `camera.Preprocessing` as JSON |
| metadata `deepracer.model_metadata` | the model_metadata.json that it was trained with, as text |

Scaling to [0, 1], softmax, and what else belongs to the network are inside the graph. The first
dimension may be symbolic. `policy_check` lists the operators. An exporter stores `to_metadata()` in
the model's `metadata_props` and is done.
"""  # noqa: E501 - a table

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deepracer_core import strict_json
from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import ConfigError, JsonError, ModelMetadataError, PolicyError
from deepracer_core.model_metadata import LIDARS, ModelMetadata

FORMAT_VERSION = "1"
INPUT = "image"
OUTPUT = "distribution"

# mean and standard deviation of steering and speed
CONTINUOUS_OUTPUTS = 4

STEREO = "STEREO_CAMERAS"

_PREFIX = "deepracer."
_FORMAT = _PREFIX + "format"
_MODEL = _PREFIX + "model"
_PREPROCESSING = _PREFIX + "preprocessing"
_MODEL_METADATA = _PREFIX + "model_metadata"


@dataclass(frozen=True)
class PolicySpec:
    """What a policy sees, what it was trained as, and which actions it chooses from.

    Attributes:
        model: Name of the model that was trained; a clone or a renamed folder has another.
        preprocessing: How a camera image becomes the network's input.
        metadata: Action space, sensors and algorithm, as model_metadata.json has them.
    """

    model: str
    preprocessing: Preprocessing
    metadata: ModelMetadata

    def __post_init__(self) -> None:
        """Refuse a preprocessing that does not fit the sensors (PolicyError)."""
        sensors = self.metadata.sensors
        if any(sensor in LIDARS for sensor in sensors):
            raise PolicyError(f"sensors {list(sensors)}: policies of this stack see cameras only")
        cameras = 2 if STEREO in sensors else 1
        if cameras != self.preprocessing.cameras:
            raise PolicyError(
                f"preprocessing is for {self.preprocessing.cameras} cameras, the sensors "
                f"{list(sensors)} are {cameras}; make them agree"
            )

    @property
    def outputs(self) -> int:
        """Length of the network's output vector."""
        space = self.metadata.action_space
        return len(space) if isinstance(space, DiscreteActionSpace) else CONTINUOUS_OUTPUTS

    def to_metadata(self) -> dict[str, str]:
        """The spec as the `metadata_props` of an ONNX model."""
        return {
            _FORMAT: FORMAT_VERSION,
            _MODEL: self.model,
            _PREPROCESSING: json.dumps(self.preprocessing.to_dict()),
            _MODEL_METADATA: self.metadata.to_json(),
        }

    @classmethod
    def from_metadata(cls, properties: Mapping[str, str]) -> PolicySpec:
        """Inverse of `to_metadata`.

        Raises:
            PolicyError: a property is missing, malformed or of another version.
        """
        missing = {_FORMAT, _MODEL, _PREPROCESSING, _MODEL_METADATA} - set(properties)
        if missing:
            raise PolicyError(
                f"policy.onnx does not describe itself: its metadata lacks {sorted(missing)}; "
                "export the network with this stack"
            )
        if properties[_FORMAT] != FORMAT_VERSION:
            raise PolicyError(
                f"policy.onnx has format {properties[_FORMAT]!a}, this stack reads "
                f"{FORMAT_VERSION}; update the stack, or export the model again"
            )
        try:
            return cls(
                model=properties[_MODEL],
                preprocessing=Preprocessing.from_dict(
                    strict_json.loads(properties[_PREPROCESSING])
                ),
                metadata=ModelMetadata.from_json(properties[_MODEL_METADATA]),
            )
        except (JsonError, ConfigError, ModelMetadataError) as error:
            raise PolicyError(f"policy.onnx describes itself wrongly: {error}") from error
