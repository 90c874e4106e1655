"""Start a reward child and load a function into it."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deepracer_core.reward import frames
from deepracer_core.reward.examine import SourceFacts
from deepracer_core.reward.facts import facts_from_fields
from deepracer_core.reward.installation import LIBRARIES, library_folders, readable_paths
from deepracer_core.reward.legacy import LegacyScale
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.process import ChildFailure, ChildProcess
from deepracer_core.reward.source import RewardFunction
from deepracer_core.reward.verdict import reward_error


@dataclass(frozen=True)
class Recipe:
    """All that it takes to start the same child again.

    Attributes:
        function: The user's source.
        constants: Parameters that never change, plain data.
        limits: Limits of time and memory.
        legacy: Scale of the twelve arguments, if known.
        seed: Seed of the random generators, if they are to repeat.
    """

    function: RewardFunction
    constants: Mapping[str, Any]
    limits: SandboxLimits
    legacy: LegacyScale | None
    seed: int | None

    def start(self) -> tuple[ChildProcess, SourceFacts]:
        """Start a child and load the function.

        Raises:
            RewardError: the function cannot be loaded, or the child not be started.
        """
        child = ChildProcess(self._setup(), self.limits.start_seconds)
        job = {
            "text": self.function.text,
            "constants": dict(self.constants),
            "legacy": None if self.legacy is None else dataclasses.astuple(self.legacy),
        }
        expected = {frames.LOADED: frames.ANY_FIELDS}
        try:
            _, payload = child.exchange(job, self.limits.call_seconds, expected)
            return child, _facts(child, payload)
        except ChildFailure as failure:
            raise reward_error(failure, self.function) from None

    def _setup(self) -> dict[str, Any]:
        """The first message to the child."""
        return {
            "readable": [*map(str, readable_paths())],
            "library_folders": [*map(str, library_folders())],
            "libraries": [name for name in LIBRARIES if self._uses(name)],
            "parent": os.getpid(),
            "memory_bytes": self.limits.memory_bytes,
            "cpu_seconds": self.limits.cpu_seconds,
            "seed": self.seed,
        }

    def _uses(self, library: str) -> bool:
        """Whether to load an installed library early: before the clock of the first call runs."""
        return library in self.function.text and importlib.util.find_spec(library) is not None


def _facts(child: ChildProcess, payload: bytes) -> SourceFacts:
    try:
        return facts_from_fields(frames.unpack_fields(payload))
    except ValueError:
        failure = child.garbled("the sandbox process answered nonsense when it had loaded the file")
        child.end()
        raise failure from None
