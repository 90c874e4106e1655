"""Proximal policy optimisation with the clipped objective (Schulman et al. 2017, equation 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from deepracer_core.errors import TrainingError
from torch import Tensor
from torch.nn.functional import huber_loss, mse_loss
from torch.nn.utils import clip_grad_norm_

from deepracer_sim.training.adam import Adam
from deepracer_sim.training.hyperparameters import Hyperparameters
from deepracer_sim.training.networks import ActorCritic
from deepracer_sim.training.rollout_buffer import Samples

ADAM_EPSILON = 1e-5
"""simapp."""

ADVANTAGE_EPSILON = 1e-8
"""Keeps equal advantages from being divided by 0."""

VALUE_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": mse_loss, "huber": huber_loss}


@dataclass(frozen=True)
class Losses:
    """Means over the minibatches of one training."""

    policy_loss: float
    """Minus the clipped objective."""
    value_loss: float
    """Of the value estimates, by the loss type."""
    entropy: float
    """Of the distribution of the actions [nat]."""
    approx_kl: float
    """How far the policy has moved [nat]; Schulman's estimator (r - 1) - log r."""
    clip_fraction: float
    """Share of the samples whose probability moved as far as it may."""
    gradient_norm: float
    """Before it was shortened."""


class Ppo:
    """Updates a network from samples.

    Attributes:
        network: what is trained.
        optimizer: Adam, with its state.
    """

    def __init__(
        self, network: ActorCritic, hyperparameters: Hyperparameters, generator: torch.Generator
    ) -> None:
        """Take over a network; `generator` decides the order of the samples."""
        self.network = network
        self.optimizer = Adam(network.parameters(), hyperparameters.lr, ADAM_EPSILON)
        self._generator = generator
        self._hyperparameters = hyperparameters
        self._value_loss = VALUE_LOSSES[hyperparameters.loss_type]
        self._device = network.head.weight.device

    def update(self, samples: Samples, is_over: Callable[[], bool] = lambda: False) -> Losses:
        """Train with these samples, several times over.

        Args:
            samples: of one experience.
            is_over: tells whether to leave it at the steps that are done; there is always one.

        Raises:
            TrainingError: a loss or a gradient is not finite; the weights are as they were before
                the step that would have spoilt them.
        """
        samples = samples.to(self._device)
        advantages = samples.advantages
        normal = (advantages - advantages.mean()) / (advantages.std() + ADVANTAGE_EPSILON)
        samples = replace(samples, advantages=normal)
        rows = []
        for batch in self._minibatches(samples):
            rows.append(self._step(batch))
            if is_over():
                break
        return Losses(*torch.stack(rows).mean(0).tolist())

    def _minibatches(self, samples: Samples) -> Iterator[Samples]:
        for _ in range(self._hyperparameters.num_epochs):
            yield from samples.minibatches(self._hyperparameters.batch_size, self._generator)

    def _step(self, batch: Samples) -> Tensor:
        """One minibatch; returns the fields of `Losses`."""
        settings = self._hyperparameters
        distribution, values = self.network(batch.images)
        log_ratio = distribution.log_prob(batch.actions) - batch.log_probabilities
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1.0 - settings.clip, 1.0 + settings.clip)
        policy_loss = -torch.min(ratio * batch.advantages, clipped * batch.advantages).mean()
        value_loss = self._value_loss(values, batch.returns)
        entropy = distribution.entropy().mean()
        loss = policy_loss + settings.value_weight * value_loss - settings.beta_entropy * entropy
        norm = self._descend(loss)
        with torch.no_grad():
            approx_kl = (ratio - 1.0 - log_ratio).mean()
            clip_fraction = (ratio != clipped).float().mean()
            columns = (policy_loss, value_loss, entropy, approx_kl, clip_fraction, norm)
            return torch.stack(columns)

    def _descend(self, loss: Tensor) -> Tensor:
        """A step of the optimizer; returns the length of the gradient."""
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_grad_norm_(self.network.parameters(), self._hyperparameters.max_gradient_norm)
        if not torch.isfinite(loss + norm):
            raise TrainingError(
                f"the loss is {loss.item():g} and its gradient {norm.item():g} long: training has "
                "diverged; lower lr or beta_entropy, or look for extreme rewards"
            )
        self.optimizer.step()
        return norm
