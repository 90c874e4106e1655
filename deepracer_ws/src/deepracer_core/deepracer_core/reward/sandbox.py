"""Run a user's reward function in a confined process: the one class that others need."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepracer_core.errors import ConfigError, RewardSandboxError
from deepracer_core.reward import frames
from deepracer_core.reward.confinement import ESSENTIAL_LAYERS
from deepracer_core.reward.examine import SourceFacts
from deepracer_core.reward.legacy import STEP_KEYS, LegacyScale
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.loading import Recipe
from deepracer_core.reward.plain import check_plain
from deepracer_core.reward.process import ChildFailure, ChildProcess
from deepracer_core.reward.source import RewardFunction
from deepracer_core.reward.verdict import MAX_REWARD, bad_value, reward_error

_BYTES_PER_REWARD = 8

_logger = logging.getLogger(__name__)


class RewardSandbox:
    """A reward function, loaded in a process of its own that can do nothing but compute.

    The process has no network, cannot write, reads only the Python installation, starts no
    processes or threads, sends no signals, and has limits of memory and time. What it can still see
    of other files is their existence, size, owner and times.

    | what           | rule                                                                     |
    |----------------|--------------------------------------------------------------------------|
    | params         | `{**constants, **step}`, new for each call; the function may change them |
    | reward         | float, int or numpy number, finite, at most 1e5 in size; bool is refused |
    | globals        | are kept between calls                                                   |
    | after an error | the next call starts a new process, in which globals begin anew          |
    | printing       | see `take_output`                                                        |
    | parent dies    | the process is killed together with the thread that started it           |

    Not for use by several threads at once.
    """

    def __init__(
        self,
        function: RewardFunction,
        constants: Mapping[str, Any],
        *,
        limits: SandboxLimits | None = None,
        legacy: LegacyScale | None = None,
        seed: int | None = None,
    ) -> None:
        """Start the process and load the function.

        Args:
            function: The user's source.
            constants: Parameters that never change, as `reward_params.track_constants` gives them.
            limits: Limits of time and memory; None for the defaults.
            legacy: What the units of the twelve arguments refer to; only those need it.
            seed: Seeds `random` and `numpy.random` in each new process, so that runs repeat.

        Raises:
            ConfigError: the constants are not plain data.
            RewardError: the function cannot be loaded; see the subclasses.
        """
        check_plain(dict(constants), "constants")
        self._recipe = Recipe(function, constants, limits or SandboxLimits(), legacy, seed)
        self._checked = False
        self._closed = False
        self._returned_floats = True
        self._child, self._facts = self._recipe.start()
        self._missing_layers = self._child.missing_layers
        self._warn_of_missing_layers()

    def __enter__(self) -> RewardSandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def facts(self) -> SourceFacts:
        """What is known of the function: signature, lines, remarks."""
        return self._facts

    @property
    def missing_layers(self) -> Mapping[str, str]:
        """The layers of confinement that this machine does not offer, each with the reason."""
        return self._missing_layers

    @property
    def missing_essential_layers(self) -> Mapping[str, str]:
        """Those without which the wall has a hole."""
        return {
            key: self._missing_layers[key] for key in ESSENTIAL_LAYERS & self._missing_layers.keys()
        }

    @property
    def returned_floats(self) -> bool:
        """Whether all rewards so far were floats; AWS' validation refuses int and the like."""
        return self._returned_floats

    @property
    def process_id(self) -> int | None:
        """The id of the process; None from an error until the next call."""
        return self._child.process_id if self._child.is_running else None

    def rewards(self, steps: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """Compute the rewards of one step of N cars.

        Args:
            steps: The parameters of each car without the constants, plain Python data, as
                `reward_params.step_params` gives them.

        Returns:
            (N,) rewards, finite, at most 1e5 in size.

        Raises:
            ConfigError: the parameters are not plain data or lack keys.
            RewardError: there are no rewards; see the subclasses. The next call works again.
        """
        if not self._checked:
            self._check(steps)
        child = self._running()
        size = _BYTES_PER_REWARD * len(steps)
        expected = dict.fromkeys((frames.REWARDS, frames.CONVERTED), range(size, size + 1))
        message = [*map(dict, steps)]
        try:
            kind, payload = child.exchange(message, self._recipe.limits.call_seconds, expected)
            rewards = np.frombuffer(payload, dtype="<f8").astype(np.float64)
            if not (np.abs(rewards) <= MAX_REWARD).all():  # NaN compares false
                raise bad_value(rewards, child.take_output())
        except ChildFailure as failure:
            child.end()
            raise reward_error(failure, self._recipe.function, steps, self._facts) from None
        self._returned_floats &= kind == frames.REWARDS
        return rewards

    def take_output(self) -> str:
        """What the function printed since the last time, at most its last 64 KiB."""
        return self._child.take_output()

    def close(self) -> None:
        """End the process; further calls are refused."""
        self._closed = True
        self._child.end()

    def _running(self) -> ChildProcess:
        """The child; a new one after an error."""
        if self._closed:
            raise RewardSandboxError("the sandbox is closed", repair="Create a new RewardSandbox.")
        if not self._child.is_running:
            self._child, self._facts = self._recipe.start()
        return self._child

    def _check(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Check the first call; in later ones keys and types are the same."""
        for car, step in enumerate(steps):
            check_plain(dict(step), f"steps[{car}]")
            missing = STEP_KEYS - step.keys() if self._facts.signature == "legacy" else ()
            if missing:
                keys = ", ".join(sorted(missing))
                raise ConfigError(f"steps[{car}] lacks {keys}: the twelve arguments need them")
        self._checked = bool(steps)

    def _warn_of_missing_layers(self) -> None:
        for layer, reason in self.missing_essential_layers.items():
            _logger.warning(
                "THE REWARD SANDBOX IS WEAKER THAN IT SHOULD BE: this machine offers no %s (%s). "
                "Run only reward functions that you trust, or use Linux 5.13 or newer on x86_64 or "
                "aarch64 with both Landlock and seccomp.",
                layer,
                reason,
            )
