"""Checkpoints: tensors and what belongs to them in one safetensors file, written atomically."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepracer_core import atomic, strict_json
from deepracer_core.errors import CheckpointError, JsonError
from safetensors import SafetensorError, safe_open

if TYPE_CHECKING:
    from torch import Tensor

LATEST = "checkpoints/latest.safetensors"
"""Path in the bundle of the checkpoint that training goes on from."""

_RECORD = "record"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that training needs to go on.

    Attributes:
        tensors: by name.
        record: everything else; JSON values.
    """

    tensors: Mapping[str, Tensor]
    record: Mapping[str, Any]

    def write(self, path: Path) -> None:
        """Write it; a kill at any moment leaves the old file or the new one.

        Raises:
            StorageError: the operating system refuses; the old file is intact.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """The content of the file."""
        from safetensors.torch import save  # loads torch, which takes seconds

        tensors = {name: tensor.contiguous() for name, tensor in self.tensors.items()}
        return save(tensors, {_RECORD: json.dumps(self.record)})

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        """Read a checkpoint.

        Raises:
            CheckpointError: it is missing, or no checkpoint of ours.
        """
        try:
            with safe_open(path, framework="pt") as file:
                record = strict_json.loads((file.metadata() or {})[_RECORD])
                names = file.keys()
                return cls({name: file.get_tensor(name) for name in names}, record)
        except (OSError, SafetensorError, KeyError, JsonError) as error:
            raise CheckpointError(
                f"{path} cannot be read as a checkpoint ({error}); train anew under another name"
            ) from error
