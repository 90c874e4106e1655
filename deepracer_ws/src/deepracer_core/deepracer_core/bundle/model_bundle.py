"""One model: a folder that `layout` describes.

`model_metadata.json` is what makes a folder a model; `policy.onnx` beside it is enough to drive.
All else is there for training and for people. Files are read with a limit on their size, and links
are followed: an installed workspace may consist of links, and an archive cannot bring any.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deepracer_core import atomic, strict_json
from deepracer_core.action_space import ActionSpace, DiscreteActionSpace, to_degrees
from deepracer_core.bundle.archive import pack
from deepracer_core.bundle.layout import (
    ARCHIVED_POLICY,
    HYPERPARAMETERS,
    MODEL_METADATA,
    POLICY,
    REWARD_FUNCTION,
    find_rule,
)
from deepracer_core.bundle.regular_file import open_regular_file
from deepracer_core.errors import BundleError, JsonError, ModelMetadataError, PolicyError
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.policy_check import check_policy
from deepracer_core.policy_spec import PolicySpec
from deepracer_core.policy_trial import try_policy


class ModelBundle:
    """A model folder, read on demand.

    Attributes:
        path: The folder.
        name: The model's name, that of the folder if not told otherwise.
    """

    def __init__(self, path: str | Path, *, name: str | None = None) -> None:
        """Refer to an existing folder.

        Raises:
            BundleError: there is no such folder, or it holds no model_metadata.json.
        """
        self.path = Path(path)
        self.name = name or self.path.absolute().name
        if not (self.path / MODEL_METADATA).is_file():
            raise BundleError(f"{path} is no model: it holds no {MODEL_METADATA}")

    @property
    def has_policy(self) -> bool:
        """Whether the model can drive: it has been trained or imported with its network."""
        return (self.path / POLICY).is_file()

    def files(self) -> dict[str, Path]:
        """Path inside the bundle -> file, for each file that belongs to a model.

        Other files (notes, editors' backups, temporary files) may lie there, but are no part of it.
        """
        found = (entry for entry in sorted(self.path.rglob("*")) if entry.is_file())
        named = ((entry.relative_to(self.path).as_posix(), entry) for entry in found)
        return {name: entry for name, entry in named if find_rule(name)}

    def read_metadata(self) -> ModelMetadata:
        """Read model_metadata.json.

        Raises:
            BundleError: it cannot be read or is malformed.
        """
        try:
            return ModelMetadata.from_json(self._read(MODEL_METADATA))
        except ModelMetadataError as error:
            raise BundleError(f"model {self.name}: {MODEL_METADATA}: {error}") from error

    def read_policy(self) -> bytes:
        """Read policy.onnx, unchecked: see `policy.Policy.load` and `policy_check.check_policy`.

        Raises:
            BundleError: the model has none, or it cannot be read.
        """
        if not self.has_policy:
            raise BundleError(f"model {self.name} has no {POLICY} yet: train it, or import one")
        return self._read(POLICY)

    def read_reward_function(self) -> str:
        """Read the source of the reward function.

        Raises:
            BundleError: the model has none, or it cannot be read.
        """
        try:
            return self._read(REWARD_FUNCTION).decode()
        except UnicodeDecodeError as error:
            raise BundleError(
                f"model {self.name}: {REWARD_FUNCTION} is not UTF-8: {error}"
            ) from error

    def read_hyperparameters(self) -> dict[str, Any]:
        """Read hyperparameters.json.

        Raises:
            BundleError: the model has none, or it is no JSON object.
        """
        try:
            value = strict_json.loads(self._read(HYPERPARAMETERS))
        except JsonError as error:
            raise BundleError(f"model {self.name}: {HYPERPARAMETERS}: {error}") from error
        if not isinstance(value, dict):
            raise BundleError(f"model {self.name}: {HYPERPARAMETERS} is no JSON object {{...}}")
        return value

    def write_policy(self, data: bytes) -> None:
        """Replace policy.onnx atomically, by a network that fits this model.

        Raises:
            PolicyError: the network is refused.
            BundleError: it does not fit model_metadata.json.
            StorageError: it cannot be written.
        """
        self.check_spec(check_policy(data))
        atomic.write_bytes(self.path / POLICY, data)

    def check_spec(self, spec: PolicySpec) -> None:
        """Hold what the network says of itself against model_metadata.json.

        Raises:
            BundleError: action space or sensors differ.
        """
        trained, written = spec.metadata, self.read_metadata()
        for given, wanted in (
            (_describe(trained.action_space), _describe(written.action_space)),
            (f"sensors {list(trained.sensors)}", f"sensors {list(written.sensors)}"),
        ):
            if given != wanted:
                raise BundleError(
                    f"model {self.name}: {POLICY} was trained with {given}, but {MODEL_METADATA} "
                    f"says {wanted}; restore the {MODEL_METADATA} that it was trained with"
                )

    def validate(self) -> None:
        """Check all files that the stack reads, and let the policy decide in a trial process.

        Raises:
            BundleError: a file is missing, malformed or hostile.
        """
        self.read_metadata()
        if (self.path / HYPERPARAMETERS).exists():
            self.read_hyperparameters()
        if (self.path / REWARD_FUNCTION).exists():
            self.read_reward_function()
        if self.has_policy:
            data = self.read_policy()
            try:
                try_policy(data)
                self.check_spec(check_policy(data))
            except PolicyError as error:
                raise BundleError(f"model {self.name}: {error}") from error

    def export(self, destination: Path, *, for_car: bool = False) -> None:
        """Write the model as one `.tar.gz`, atomically; the same model gives the same bytes.

        Args:
            destination: The file to write.
            for_car: Only what a car needs, placed as in the archives of AWS for cars:
                `model_metadata.json` and `agent/policy.onnx`.

        Raises:
            BundleError: a car's archive is asked for, and there is no policy.
            StorageError: a file cannot be read or the archive not be written.
        """
        files = self.files()
        if for_car:
            if not self.has_policy:
                raise BundleError(f"model {self.name} has no {POLICY} yet: train it, or import one")
            files = {MODEL_METADATA: files[MODEL_METADATA], ARCHIVED_POLICY: files[POLICY]}
        pack(files, destination)

    def _read(self, path: str) -> bytes:
        """Read a file of the layout, if it is a regular one and not too large."""
        rule = find_rule(path)
        assert rule is not None
        with open_regular_file(self.path / path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > rule.max_bytes:
                raise BundleError(
                    f"model {self.name}: {path} has {size} bytes, "
                    f"more than the {rule.max_bytes} allowed"
                )
            return file.read(rule.max_bytes)


def _describe(space: ActionSpace) -> str:
    """An action space in the units of model_metadata.json; equal for equal ones only."""
    if isinstance(space, DiscreteActionSpace):
        actions = [f"({to_degrees(angle)} deg, {speed} m/s)" for angle, speed in space.actions]
        return f"{len(actions)} actions {', '.join(actions)}"
    low, high = to_degrees(space.steering_low), to_degrees(space.steering_high)
    return f"actions of {low} to {high} deg and {space.speed_low} to {space.speed_high} m/s"
