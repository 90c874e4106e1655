"""The hyperparameters of the guide, under the names that AWS' hyperparameters.json has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from deepracer_core.errors import ConfigError

ALGORITHMS = ("ppo", "sac")
LOSS_TYPES = ("mse", "huber")
EXPLORATION_TYPES = ("categorical", "e-greedy")

RANGES: dict[str, tuple[float, float]] = {
    "num_epochs": (1, 10),
    "lr": (1e-8, 1e-3),
    "beta_entropy": (0.0, 1.0),
    "discount_factor": (0.0, 1.0),
    "num_episodes_between_training": (1, 100),
    "num_steps_between_training": (64, 10_000),
    "stack_size": (1, 8),
    "gae_lambda": (0.0, 1.0),
    "clip": (0.01, 1.0),
    "value_weight": (0.0, 10.0),
    "max_gradient_norm": (0.01, 1000.0),
    "initial_log_std": (-3.0, 1.0),
    "e_greedy_value": (0.0, 1.0),
    "epsilon_steps": (1, 10**7),
    "sac_alpha": (1e-4, 1.0),
    "replay_size": (1000, 10**6),
}
"""Smallest and largest value; the first five and the batch sizes are those of DRoA (which asks for
3 epochs at least), 10,000 steps is DRfC's DR_TRAIN_MAX_STEPS_PER_ITERATION."""

_WHOLE = ("stack_size", "epsilon_steps", "replay_size")

BATCH_SIZES = (32, 64, 128, 256, 512)
"""DRoA."""


@dataclass(frozen=True)
class Hyperparameters:
    """How the network learns. The defaults are those of DRfC; the guide's name stands in brackets.

    Raises:
        ConfigError: a value is of the wrong type or out of range.
    """

    batch_size: int = 64
    """Steps, drawn at random from the most recent experience, per update (batch size)."""
    num_epochs: int = 5
    """Passes through that experience in each training (number of epochs)."""
    lr: float = 3e-4
    """Size of the updates of the weights: step size of Adam (learning rate)."""
    beta_entropy: float = 0.01
    """Weight of the entropy: larger keeps the policy exploring (entropy)."""
    discount_factor: float = 0.99
    """How much a reward counts one step later (discount factor)."""
    loss_type: str = "huber"
    """Loss of the value estimate, one of `LOSS_TYPES` (loss type)."""
    num_episodes_between_training: int | None = 20
    """Episodes that end before the next training; None: only steps count (number of episodes)."""
    num_steps_between_training: int = 10_000
    """Steps of all cars after which training begins, even if fewer episodes have ended."""
    stack_size: int = 1
    """Pictures in a row that the network sees at once."""
    gae_lambda: float = 0.95
    """Decay of the generalised advantage estimate (simapp)."""
    clip: float = 0.2
    """How far an update may move the probability of an action, as a ratio (simapp)."""
    value_weight: float = 0.5
    """Weight of the value loss against that of the policy."""
    max_gradient_norm: float = 0.5
    """Longer gradients are shortened to this."""
    initial_log_std: float = 0.0
    """Logarithm of the standard deviation of a continuous action at the beginning (simapp: 0)."""
    exploration_type: str = "categorical"
    """How actions are chosen while learning, one of `EXPLORATION_TYPES` (exploration): drawn from
    the policy's distribution, or the likeliest with a share of random ones (`exploration`)."""
    e_greedy_value: float = 0.05
    """Share of random actions of e-greedy in the end."""
    epsilon_steps: int = 10_000
    """Steps of all cars in which that share falls from 1 to its end."""
    sac_alpha: float = 0.2
    """Of SAC: weight of the entropy at the beginning; then it is learnt (DRoA: 0.2)."""
    replay_size: int = 50_000
    """Of SAC: the steps of all cars that are kept to learn from."""

    def __post_init__(self) -> None:
        if self.batch_size not in BATCH_SIZES:
            raise ConfigError(
                f"hyperparameter batch_size is {self.batch_size!r}: give one of {BATCH_SIZES}"
            )
        if self.loss_type not in LOSS_TYPES:
            raise ConfigError(
                f"hyperparameter loss_type is {self.loss_type!r}: give one of {LOSS_TYPES}"
            )
        if self.exploration_type not in EXPLORATION_TYPES:
            raise ConfigError(
                f"hyperparameter exploration_type is {self.exploration_type!r}: "
                f"give one of {EXPLORATION_TYPES}"
            )
        for name, bounds in RANGES.items():
            if getattr(self, name) is not None or name != "num_episodes_between_training":
                _check(name, getattr(self, name), bounds)

    def with_overrides(self, values: Mapping[str, Any]) -> Hyperparameters:
        """These with some replaced.

        Raises:
            ConfigError: a name is unknown, or a value of the wrong type or out of range.
        """
        known = [field.name for field in fields(self)]
        for name in values:
            if name not in known:
                raise ConfigError(f"there is no hyperparameter {name!r}; there are {known}")
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """The content of hyperparameters.json."""
        return asdict(self)


def _check(name: str, value: Any, bounds: tuple[float, float]) -> None:
    is_whole = name.startswith("num_") or name in _WHOLE
    wanted: tuple[type, ...] = (int,) if is_whole else (int, float)
    low, high = bounds
    if type(value) not in wanted or not low <= value <= high:
        kind = "a whole number" if is_whole else "a number"
        raise ConfigError(
            f"hyperparameter {name} is {value!r}: give {kind} from {low:g} to {high:g}"
        )
