"""Where rewards come from: a user's function in the sandbox, or a trusted one in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from deepracer_core.reward.legacy import LegacyScale
from deepracer_core.reward.limits import SandboxLimits
from deepracer_core.reward.sandbox import RewardSandbox
from deepracer_core.reward.source import RewardFunction
from deepracer_core.track.track import Bounds
from deepracer_core.vehicle import VEHICLE
from numpy.typing import NDArray


class Rewards(Protocol):
    """Computes rewards on a track driven in one direction."""

    def rewards(self, steps: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """The rewards (N,) of one step of N cars, from their `reward_params.step_params`."""

    def close(self) -> None:
        """Free what it holds."""


RewardMaker = Callable[[Mapping[str, Any]], Rewards]
"""Makes `Rewards` from the `reward_params.track_constants`; it can be pickled."""


class TrustedRewards:
    """A function that is called in this process, for code of one's own such as tests."""

    def __init__(
        self, function: Callable[[dict[str, Any]], float], constants: Mapping[str, Any]
    ) -> None:
        """Call `function` with one dictionary of all parameters, as DeepRacer does."""
        self._function = function
        self._constants = constants

    def rewards(self, steps: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
        """Call the function for one car after the other."""
        return np.array([self._function({**self._constants, **step}) for step in steps])

    def close(self) -> None:
        """There is nothing to free."""


def trusted(function: Callable[[dict[str, Any]], float]) -> RewardMaker:
    """Rewards by a function of one's own, which must be importable by name for worker processes."""
    return partial(TrustedRewards, function)


def sandboxed(
    function: RewardFunction,
    world_bounds: Bounds,
    *,
    limits: SandboxLimits | None = None,
    max_speed: float = VEHICLE.max_speed,
    max_steering: float = VEHICLE.max_steering_angle,
    seed: int | None = None,
) -> RewardMaker:
    """Rewards by a user's function, which runs confined in a process of its own.

    What the function keeps in globals or draws at random it shares with the cars in its process.

    Args:
        function: the source.
        world_bounds: of the track [m], for functions of the 2018 signature.
        limits: of time and memory; None for the defaults.
        max_speed: speed at throttle 1 of the 2018 signature [m/s].
        max_steering: angle at steering 1 of it [rad]; 0, of a policy that goes straight only:
            that of the car.
        seed: for the function's random numbers, so that runs repeat.
    """
    legacy = LegacyScale(world_bounds, max_speed, max_steering or VEHICLE.max_steering_angle)
    return partial(RewardSandbox, function, limits=limits, legacy=legacy, seed=seed)
