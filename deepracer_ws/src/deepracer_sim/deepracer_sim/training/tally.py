"""How far a training has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from deepracer_core.errors import CheckpointError


@dataclass
class Tally:
    """Counters of a training; they are kept with each checkpoint."""

    iteration: int = 0
    """Trainings of the network so far."""
    steps: int = 0
    """Of all cars, that the network was trained with."""
    episodes: int = 0
    """Finished."""
    next_episode: int = 0
    """Number that no episode has had yet."""
    time: float = 0.0
    """Simulated time of each car [s]."""
    seconds: float = 0.0
    """Time that the training has taken, over all its runs [s]."""
    evaluations: int = 0
    """Evaluations made."""
    evaluated_at: int = 0
    """Steps at the last one."""
    good_in_a_row: int = 0
    """Evaluations in a row up to the last one that found the policy good."""
    best: list[float] | None = None
    """Rank of the evaluation of what policy.onnx is; None if none was evaluated."""
    best_results: list[str] = field(default_factory=list)
    """That evaluation in words."""

    def to_record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Tally:
        """Inverse of `to_record`; other entries are passed over.

        Raises:
            CheckpointError: one is missing.
        """
        try:
            return cls(**{entry.name: record[entry.name] for entry in fields(cls)})
        except KeyError as error:
            raise CheckpointError(
                f"the checkpoint does not tell {error}; train anew under another name"
            ) from error
