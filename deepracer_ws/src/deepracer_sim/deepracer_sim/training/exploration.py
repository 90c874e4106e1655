"""How the cars try out what the policy would not do: the guide's hyperparameter `exploration`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Categorical, Distribution

from deepracer_sim.training.hyperparameters import Hyperparameters
from deepracer_sim.training.networks import draw_actions, greedy_actions


class Exploration:
    """Chooses actions while the policy learns.

    | exploration_type | action                                                                    |
    |------------------|---------------------------------------------------------------------------|
    | categorical      | drawn from the policy's distribution, of a continuous one too             |
    | e-greedy         | any, all equally likely, with probability epsilon; else the likeliest one |

    Epsilon falls in a straight line from 1 to `e_greedy_value` in the first `epsilon_steps` steps
    (simapp). As there, PPO learns from these actions as if the policy had drawn them.

    Attributes:
        steps: of all cars so far.
    """

    def __init__(
        self, hyperparameters: Hyperparameters, generator: torch.Generator, steps: int = 0
    ) -> None:
        """Begin, or go on after `steps` steps; `generator` makes all random choices."""
        self.steps = steps
        self._is_greedy = hyperparameters.exploration_type == "e-greedy"
        self._last = hyperparameters.e_greedy_value
        self._duration = hyperparameters.epsilon_steps
        self._generator = generator

    @property
    def epsilon(self) -> float:
        """Share of random actions of e-greedy now."""
        done = min(1.0, self.steps / self._duration)
        return 1.0 + done * (self._last - 1.0)

    def choose(self, distribution: Distribution) -> Tensor:
        """Actions as `networks.draw_actions` has them, one step of each car."""
        chosen = self._choose(distribution)
        self.steps += len(chosen)
        return chosen

    def _choose(self, distribution: Distribution) -> Tensor:
        if not (self._is_greedy and isinstance(distribution, Categorical)):
            return draw_actions(distribution, self._generator)
        cars, actions = distribution.logits.shape
        anything = torch.randint(actions, (cars,), generator=self._generator)
        is_random = torch.rand(cars, generator=self._generator) < self.epsilon
        return torch.where(is_random, anything, greedy_actions(distribution))
