"""The networks of soft actor-critic: one tower sees, a policy acts, twin critics judge.

The convolutions learn from the critics alone, and the policy uses what they find (Yarats et al.
2020): on images the policy's own gradient makes them forget what is worth seeing.
"""

from __future__ import annotations

from typing import cast

import torch
from deepracer_core.networks import ACTION_COMPONENTS
from deepracer_core.policy_spec import PolicySpec
from torch import Tensor, nn

from deepracer_sim.training.networks import (
    ACTION_GAIN,
    HIDDEN_GAIN,
    VALUE_GAIN,
    PolicyNetwork,
    Tower,
    initialise,
)
from deepracer_sim.training.squashed_normal import SquashedNormal

SIGHT = 64
"""Features that the critics get, so that two numbers of an action are not lost among thousands."""
HIDDEN = 256
"""Width of their hidden layers (simapp)."""


class TwinCritics(nn.Module):
    """Two estimates of what an action will bring; the smaller one is believed (Fujimoto 2018)."""

    def __init__(self, flat: int) -> None:
        """Build them for `flat` values from the convolutions."""
        super().__init__()
        self.sight = nn.Sequential(nn.Linear(flat, SIGHT), nn.LayerNorm(SIGHT), nn.Tanh())
        self.first, self.second = _judge(), _judge()

    def forward(self, flat: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Both estimates (B,) for what the convolutions found (B, flat) and actions (B, 2)."""
        values = torch.cat((self.sight(flat), actions), dim=1)
        return self.first(values).squeeze(1), self.second(values).squeeze(1)

    def smaller(self, flat: Tensor, actions: Tensor) -> Tensor:
        """The smaller of both estimates (B,)."""
        return torch.min(*self(flat, actions))


class SoftActorCritic(PolicyNetwork):
    """The network of SAC.

    Attributes:
        critics: judge actions.
    """

    def __init__(self, spec: PolicySpec, architecture: str) -> None:
        """Build it with random weights of torch's global generator.

        Args:
            spec: what it sees; its action space is continuous.
            architecture: key of `deepracer_core.networks.ARCHITECTURES`.

        Raises:
            ConfigError: the architecture is unknown, or the image is too small for it.
        """
        super().__init__()
        self.policy = Tower(architecture, spec.preprocessing.input_shape[1:])
        self.head = nn.Linear(self.policy.features, 2 * ACTION_COMPONENTS)
        self.critics = TwinCritics(self.policy.flat)
        initialise(self.head, ACTION_GAIN)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> tuple[SquashedNormal, Tensor]:
        """As `PolicyNetwork.forward`; the values are those of the greedy actions."""
        flat = self.policy.convolve(images)
        distribution = self.act(flat)
        return distribution, self.critics.smaller(flat, distribution.mean)

    def act(self, flat: Tensor) -> SquashedNormal:
        """The distribution of the actions, from what the convolutions found (B, flat)."""
        return self.distribution(self.policy.condense(flat))

    def distribution(self, features: Tensor) -> SquashedNormal:
        """As `PolicyNetwork.distribution`."""
        return SquashedNormal(self.head(features))


def _judge() -> nn.Sequential:
    layers = [
        *(nn.Linear(SIGHT + ACTION_COMPONENTS, HIDDEN), nn.ReLU()),
        *(nn.Linear(HIDDEN, HIDDEN), nn.ReLU()),
        nn.Linear(HIDDEN, 1),
    ]
    for layer, gain in zip(layers[::2], (HIDDEN_GAIN, HIDDEN_GAIN, VALUE_GAIN)):
        initialise(cast(nn.Linear, layer), gain)
    return nn.Sequential(*layers)
