"""Adam (Kingma and Ba 2015), as a training starts soonest.

`torch.optim.Adam` computes the same, but loads torch's compiler, which takes as long as loading
torch itself: seconds of each start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.optim.adam import adam

_DECAYS = (0.9, 0.999)
"""Of the means of the gradients and of their squares."""


class Adam:
    """Updates parameters from their gradients."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, eps: float) -> None:
        """Begin with no memory of gradients.

        Args:
            parameters: that are updated, where they are to stay.
            lr: step size.
            eps: added to the root of the mean square of a gradient.
        """
        self._parameters = list(parameters)
        self._lr, self._eps = lr, eps
        self._memory = [
            {
                "step": torch.zeros((), device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, requires_grad=False),
                "exp_avg_sq": torch.zeros_like(parameter, requires_grad=False),
            }
            for parameter in self._parameters
        ]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters that have gradients."""
        pairs = [pair for pair in zip(self._parameters, self._memory) if pair[0].grad is not None]
        adam(
            [parameter for parameter, _ in pairs],
            [parameter.grad for parameter, _ in pairs if parameter.grad is not None],
            [memory["exp_avg"] for _, memory in pairs],
            [memory["exp_avg_sq"] for _, memory in pairs],
            [],
            [memory["step"] for _, memory in pairs],
            fused=True,
            amsgrad=False,
            beta1=_DECAYS[0],
            beta2=_DECAYS[1],
            lr=self._lr,
            weight_decay=0.0,
            eps=self._eps,
            maximize=False,
        )

    def tensors(self) -> dict[str, Tensor]:
        """What it remembers of each parameter, by its number."""
        return {
            f"{i}.{name}": value
            for i, memory in enumerate(self._memory)
            for name, value in memory.items()
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Inverse of `tensors`; of a parameter that is missing nothing was remembered.

        Raises:
            ValueError, IndexError, KeyError: they are those of other parameters.
        """
        for key, value in tensors.items():
            index, name = key.split(".")
            memory = self._memory[int(index)][name]
            if memory.shape != value.shape:
                raise ValueError(f"{key} is of shape {value.shape}, not {memory.shape}")
            memory.copy_(value)
