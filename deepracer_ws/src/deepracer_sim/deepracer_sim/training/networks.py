"""Policy and value networks in torch, of the architectures of `deepracer_core.networks`."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import torch
from deepracer_core.action_space import DiscreteActionSpace
from deepracer_core.networks import ACTION_COMPONENTS, LOG_STD, find_architecture, layer_shapes
from deepracer_core.policy_spec import PolicySpec
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal

from deepracer_sim.training.squashed_normal import SquashedNormal

HIDDEN_GAIN = math.sqrt(2.0)
ACTION_GAIN = 0.01  # small: the first policy prefers no action
VALUE_GAIN = 1.0
"""Gains of the orthogonal initialisation (CleanRL)."""


class Tower(nn.Module):
    """Convolutions and dense layers with ReLU, from the image to features."""

    def __init__(self, architecture: str, image_shape: tuple[int, ...]) -> None:
        """Build it.

        Args:
            architecture: key of `deepracer_core.networks.ARCHITECTURES`.
            image_shape: (channels, rows, columns).

        Raises:
            ConfigError: the architecture is unknown, or the image is too small for it.
        """
        super().__init__()
        layers = find_architecture(architecture)
        shapes = layer_shapes(layers, *image_shape)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(shape[1], shape[0], layer.kernel, layer.stride)
            for shape, layer in zip(shapes, layers.convolutions)
        )
        self.dense = nn.ModuleList(
            nn.Linear(inputs, outputs) for outputs, inputs in shapes[len(layers.convolutions) :]
        )
        self.features = shapes[-1][0]
        self.flat = shapes[len(layers.convolutions)][1]
        for layer in (*self.convolutions, *self.dense):
            initialise(cast(nn.Linear, layer), HIDDEN_GAIN)

    def forward(self, images: Tensor) -> Tensor:
        """Features (B, F) of images (B, channels, rows, columns) uint8."""
        return self.condense(self.convolve(images))

    def convolve(self, images: Tensor) -> Tensor:
        """What the convolutions find, flat (B, `flat`), in images as in `forward`."""
        values = images.float().mul_(1 / 255)
        # oneDNN is 1.6 times faster on this layout with few channels (measured on a CPU)
        values = values.contiguous(memory_format=torch.channels_last)
        for layer in self.convolutions:
            values = torch.relu_(layer(values))
        return values.flatten(1)

    def condense(self, values: Tensor) -> Tensor:
        """Features (B, F) of what the convolutions found."""
        for layer in self.dense:
            values = torch.relu_(layer(values))
        return values


class PolicyNetwork(nn.Module):
    """What to do and what to expect: a distribution of actions and a value for each image.

    Attributes:
        policy: from the image to features.
        head: from these to the parameters of the distribution.
    """

    policy: Tower
    head: nn.Linear

    def forward(self, images: Tensor) -> tuple[Distribution, Tensor]:
        """Distribution of the actions, and values (B,), of images (B, channels, rows, columns)."""
        raise NotImplementedError

    def distribution(self, features: Tensor) -> Distribution:
        """The distribution of the actions, from features (B, F)."""
        raise NotImplementedError

    def policy_weights(self) -> dict[str, NDArray[np.float32]]:
        """Copies of what `deepracer_core.networks.build_policy` needs."""
        return {
            name.removeprefix("policy."): tensor.detach().cpu().contiguous().numpy().copy()
            for name, tensor in self.state_dict().items()
            if name.startswith(("policy.", "head.")) or name == LOG_STD
        }


class ActorCritic(PolicyNetwork):
    """The network of PPO."""

    def __init__(
        self,
        spec: PolicySpec,
        architecture: str,
        *,
        shared: bool = True,
        initial_log_std: float = 0.0,
    ) -> None:
        """Build it with random weights of torch's global generator.

        Args:
            spec: what it sees and which actions it has.
            architecture: key of `deepracer_core.networks.ARCHITECTURES`.
            shared: whether the value is computed from the features of the policy; if not, it has a
                tower of its own (simapp), which takes twice the time.
            initial_log_std: of a continuous action.

        Raises:
            ConfigError: the architecture is unknown, or the image is too small for it.
        """
        super().__init__()
        image_shape = spec.preprocessing.input_shape[1:]
        space = spec.metadata.action_space
        discrete = isinstance(space, DiscreteActionSpace)
        self.policy = Tower(architecture, image_shape)
        self.critic = None if shared else Tower(architecture, image_shape)
        self.head = nn.Linear(self.policy.features, spec.outputs if discrete else ACTION_COMPONENTS)
        self.value_head = nn.Linear(self.policy.features, 1)
        self.log_std = (
            None if discrete else nn.Parameter(torch.full((ACTION_COMPONENTS,), initial_log_std))
        )
        initialise(self.head, ACTION_GAIN)
        initialise(self.value_head, VALUE_GAIN)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> tuple[Distribution, Tensor]:
        """As `PolicyNetwork.forward`."""
        features = self.policy(images)
        value_features = features if self.critic is None else self.critic(images)
        return self.distribution(features), self.value_head(value_features).squeeze(1)

    def distribution(self, features: Tensor) -> Distribution:
        """Softmax over the actions, or a Gaussian in the normalised range [-1, 1]."""
        outputs = self.head(features)
        if self.log_std is None:
            return Categorical(logits=outputs, validate_args=False)
        std = self.log_std.exp().expand_as(outputs)
        return Independent(Normal(outputs, std, validate_args=False), 1, validate_args=False)


def draw_actions(distribution: Distribution, generator: torch.Generator) -> Tensor:
    """Actions at random: indexes (B,), or (B, 2) around the normalised range."""
    if isinstance(distribution, Categorical):
        return torch.multinomial(distribution.probs, 1, generator=generator).squeeze(1)
    if isinstance(distribution, SquashedNormal):
        return distribution.draw(generator)[0]
    mean = distribution.mean
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return mean + distribution.stddev * noise


def greedy_actions(distribution: Distribution) -> Tensor:
    """The most likely actions: indexes (B,), or (B, 2) in the normalised range."""
    if isinstance(distribution, Categorical):
        return distribution.logits.argmax(1)
    return distribution.mean


def initialise(layer: nn.Linear, gain: float) -> None:
    """Orthogonal weights of this gain, and no bias."""
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
