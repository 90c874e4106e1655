"""Soft actor-critic with a learnt temperature (Haarnoja et al. 2018, arXiv 1812.05905)."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from deepracer_core.errors import TrainingError
from deepracer_core.networks import ACTION_COMPONENTS
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from deepracer_sim.training.adam import Adam
from deepracer_sim.training.hyperparameters import Hyperparameters
from deepracer_sim.training.ppo import ADAM_EPSILON, VALUE_LOSSES
from deepracer_sim.training.replay_buffer import Transitions
from deepracer_sim.training.soft_networks import SoftActorCritic

TARGET_ENTROPY = -float(ACTION_COMPONENTS)
"""That the policy shall keep [nat] (equation 17)."""
TARGET_RATE = 0.02
"""Share by which the target networks follow with each update."""


@dataclass(frozen=True)
class SoftLosses:
    """Means over the updates of one training."""

    critic_loss: float
    """Of both critics, by the loss type."""
    policy_loss: float
    """Minus what the policy expects, entropy included."""
    value: float
    """What the critics expect of the steps that were drawn."""
    entropy: float
    """Of the policy [nat]."""
    alpha: float
    """Weight of the entropy."""
    gradient_norm: float
    """Of the critics and convolutions, before it was shortened."""


class Sac:
    """Updates a network from transitions.

    Attributes:
        network: what is trained.
        optimizers: Adam of `critics` (with the convolutions), `policy` and `alpha`.
        targets: slow copies of `convolutions` and `critics`, which judge what follows a step.
        log_alpha: logarithm of the temperature.
    """

    def __init__(
        self,
        network: SoftActorCritic,
        hyperparameters: Hyperparameters,
        generator: torch.Generator,
    ) -> None:
        """Take over a network; `generator` draws the actions that are judged."""
        self.network = network
        policy = network.policy
        self.log_alpha = torch.tensor(hyperparameters.sac_alpha).log().requires_grad_()
        self._seeing: list[Tensor] = [
            *policy.convolutions.parameters(),
            *network.critics.parameters(),
        ]
        self._acting: list[Tensor] = [*policy.dense.parameters(), *network.head.parameters()]
        groups: dict[str, list[Tensor]] = {
            "critics": self._seeing,
            "policy": self._acting,
            "alpha": [self.log_alpha],
        }
        self.optimizers = {
            name: Adam(parameters, hyperparameters.lr, ADAM_EPSILON)
            for name, parameters in groups.items()
        }
        self.targets = copy.deepcopy(
            nn.ModuleDict({"policy": network.policy, "critics": network.critics})
        ).requires_grad_(False)
        self._generator = generator
        self._hyperparameters = hyperparameters
        self._value_loss = VALUE_LOSSES[hyperparameters.loss_type]

    def update(self, batch: Transitions) -> Tensor:
        """Learn from one batch, whose rewards are scaled; returns the fields of `SoftLosses`.

        Raises:
            TrainingError: a loss or a gradient is not finite; the weights are as they were before
                the step that would have spoilt them.
        """
        aims = self._aims(batch)
        flat = self.network.policy.convolve(batch.images)
        first, second = self.network.critics(flat, batch.actions)
        critic_loss = self._value_loss(first, aims) + self._value_loss(second, aims)
        norm = self._descend("critics", critic_loss, self._seeing)
        policy_loss, log_probabilities = self._judge_policy(flat.detach())
        self._descend("policy", policy_loss, self._acting)
        surplus = (log_probabilities + TARGET_ENTROPY).detach().mean()
        self._descend("alpha", -self.log_alpha * surplus, [self.log_alpha])
        self._follow()
        with torch.no_grad():
            columns = (
                *(critic_loss, policy_loss, first.mean()),
                *(-log_probabilities.mean(), self.log_alpha.exp(), norm),
            )
            return torch.stack(columns)

    @torch.no_grad()
    def _aims(self, batch: Transitions) -> Tensor:
        """What the critics should have said (B,): the reward, and the soft value that follows."""
        network, targets = self.network, self.targets
        distribution = network.act(network.policy.convolve(batch.next_images))
        actions, log_probabilities = distribution.draw(self._generator)
        flat = targets["policy"].convolve(batch.next_images)  # type: ignore[operator]
        value = targets["critics"].smaller(flat, actions)  # type: ignore[operator]
        soft = value - self.log_alpha.exp() * log_probabilities
        aims: Tensor = batch.rewards + self._hyperparameters.discount_factor * batch.goes_on * soft
        return aims

    def _judge_policy(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of the policy, and the log-probabilities (B,) of the actions that it drew."""
        actions, log_probabilities = self.network.act(flat).draw(self._generator)
        value = self.network.critics.smaller(flat, actions)
        return (self.log_alpha.exp().detach() * log_probabilities - value).mean(), log_probabilities

    def _descend(self, name: str, loss: Tensor, parameters: list[Tensor]) -> Tensor:
        """A step of an optimizer; returns the length of the gradient."""
        gradients = torch.autograd.grad(loss, parameters)
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient
        norm = clip_grad_norm_(parameters, self._hyperparameters.max_gradient_norm)
        if not torch.isfinite(loss + norm):
            raise TrainingError(
                f"the {name} loss is {loss.item():g} and its gradient {norm.item():g} long: "
                "training has diverged; lower lr, or look for extreme rewards"
            )
        self.optimizers[name].step()
        return norm

    def match_targets(self) -> None:
        """Let the targets be what the network is."""
        self.targets["policy"].load_state_dict(self.network.policy.state_dict())
        self.targets["critics"].load_state_dict(self.network.critics.state_dict())

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the targets follow a little."""
        sources = {"policy": self.network.policy, "critics": self.network.critics}
        for name, source in sources.items():
            for target, parameter in zip(self.targets[name].parameters(), source.parameters()):
                target.lerp_(parameter, TARGET_RATE)
