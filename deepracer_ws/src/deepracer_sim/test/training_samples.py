"""Small networks, and experience with a known lesson."""

from __future__ import annotations

import numpy as np
import torch
from deepracer_core.action_space import ContinuousActionSpace
from deepracer_core.new_action_space import grid
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.run_config import RunConfig

torch.set_num_threads(1)  # as the trainer does

SMALL = {"width": 48, "height": 40, "crop_top": 4}
"""About the smallest picture that the slim network can take."""


def discrete_settings() -> list[dict[str, float]]:
    """Three actions: right, straight, left."""
    return [{"steering_angle": angle, "speed": 1.0} for angle in (-20, 0, 20)]


def small_config(**settings: object) -> RunConfig:
    """A configuration whose network is small."""
    return RunConfig.from_settings({"preprocessing": SMALL, **settings})


SPACES = {
    "discrete": grid(),
    "continuous": ContinuousActionSpace.from_degrees(-30, 30, 0.5, 2.0),
}


def lesson(network: torch.nn.Module, random: np.random.Generator, buffer: RolloutBuffer) -> float:
    """Fill a buffer with pictures whose brightness says what to do; return the mean reward.

    Bright pictures want action 2, dark ones action 0; every step is an episode.
    """
    buffer.clear()
    generator = torch.Generator().manual_seed(int(random.integers(2**31)))
    while not buffer.is_full:
        images, wanted = pictures(random, buffer.rewards.shape[1])
        with torch.no_grad():
            distribution, values = network(torch.from_numpy(images))
            actions = torch.multinomial(distribution.probs, 1, generator=generator).squeeze(1)
            log_probabilities = distribution.log_prob(actions)
        buffer.append(
            images,
            actions.numpy(),
            log_probabilities.numpy(),
            values.numpy(),
            (actions.numpy() == wanted).astype(float),
            np.ones(len(wanted), bool),
            np.zeros(len(wanted), np.float32),
        )
    return float(buffer.rewards.mean())


def pictures(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures (count, 1, 36, 48), and the action that each wants."""
    wanted = random.choice([0, 2], count)
    noise = random.integers(0, 60, (count, 1, 36, 48))
    return (noise + 60 * wanted[:, None, None, None]).astype(np.uint8), wanted


def iterations(said: list[str]) -> list[str]:
    """The summary lines of iterations among the lines that a trainer said."""
    return [line for line in said if line.startswith("iteration") and " steps/s |" in line]
