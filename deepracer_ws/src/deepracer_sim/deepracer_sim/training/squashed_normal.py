"""A Gaussian that is squashed into the range of the actions (Haarnoja et al. 2018, appendix C)."""

from __future__ import annotations

import math

import torch
from deepracer_core.networks import LOG_STD_RANGE, SMALLEST_STD
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import softplus

_LARGEST_ACTION = 1.0 - 1e-6  # what atanh of a float32 can take


class SquashedNormal(Distribution):
    """tanh of a Gaussian: actions (B, 2) in (-1, 1); its components are independent.

    `mean` and `stddev` are those of policy.onnx: tanh of the Gaussian's mean, and its deviation
    times the slope of tanh there.
    """

    def __init__(self, parameters: Tensor) -> None:
        """Build it.

        Args:
            parameters: (B, 4) mean of steering and of speed, logarithms of their deviations.
        """
        super().__init__(parameters.shape[:1], torch.Size([2]), validate_args=False)
        self._mean, log_std = parameters.chunk(2, dim=1)
        self._log_std = log_std.clamp(*LOG_STD_RANGE)

    @property
    def mean(self) -> Tensor:
        """(B, 2) the greedy action."""
        return self._mean.tanh()

    @property
    def stddev(self) -> Tensor:
        """(B, 2) about the deviation of an action."""
        slope = 1.0 - self.mean.square()
        return (self._log_std.exp() * slope).clamp(min=SMALLEST_STD)

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Actions (B, 2) that gradients flow through, and their log-probabilities (B,)."""
        noise = torch.randn(self._mean.shape, generator=generator, device=generator.device)
        noise = noise.to(self._mean.device)
        raw = self._mean + self._log_std.exp() * noise
        return raw.tanh(), self._log_density(raw, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-probabilities (B,) of actions (B, 2)."""
        raw = value.clamp(-_LARGEST_ACTION, _LARGEST_ACTION).atanh()
        return self._log_density(raw, (raw - self._mean) / self._log_std.exp())

    def _log_density(self, raw: Tensor, noise: Tensor) -> Tensor:
        """Of tanh(raw); log(1 - tanh^2) is written so that it stays exact for large `raw`."""
        gaussian = -0.5 * noise.square() - self._log_std - 0.5 * math.log(2.0 * math.pi)
        log_slope = 2.0 * (math.log(2.0) - raw - softplus(-2.0 * raw))
        return (gaussian - log_slope).sum(1)
