"""What learns: network, optimizer and reward scale, and how they are kept over a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from deepracer_sim.training.checkpoints import Checkpoint
from deepracer_sim.training.device import learning_device
from deepracer_sim.training.networks import ActorCritic
from deepracer_sim.training.ppo import Losses, Ppo
from deepracer_sim.training.reward_scale import RewardScale
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.tensors import below, fitting, load_weights, named

_GENERATOR = "generator"


class Learner:
    """Learns from rollouts.

    Attributes:
        network: what is trained.
    """

    def __init__(self, config: RunConfig) -> None:
        """Begin with random weights.

        Args:
            config: of the run; its seed decides the weights and the order of samples.

        Raises:
            ConfigError: the image is too small for the network, or there is no such device.
        """
        hyperparameters = config.hyperparameters
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network = ActorCritic(
                config.spec,
                config.network,
                shared=config.shared_value,
                initial_log_std=hyperparameters.initial_log_std,
            )
        self._device = learning_device(config)
        self.network.to(self._device)
        self._generator = torch.Generator().manual_seed(config.seed)
        self._ppo = Ppo(self.network, hyperparameters, self._generator)
        self._scale = RewardScale(hyperparameters.discount_factor)
        self._hyperparameters = hyperparameters

    def learn(
        self, buffer: RolloutBuffer, images: Tensor, is_over: Callable[[], bool] = lambda: False
    ) -> Losses:
        """Train with what is in the buffer.

        Args:
            buffer: of the last steps.
            images: (N, channels, rows, columns) what the cars see now, after the last step.
            is_over: tells whether to leave it at what is learnt; asked after each minibatch, since
                a large network takes minutes for an experience.

        Raises:
            TrainingError: training has diverged; the network is as good as it was.
        """
        self._scale.observe(buffer.rewards, buffer.ended)
        with torch.no_grad():
            _, last_values = self.network(images.to(self._device))
        samples = buffer.samples(
            last_values.cpu().numpy(),
            self._hyperparameters.discount_factor,
            self._hyperparameters.gae_lambda,
            self._scale.factor,
        )
        return self._ppo.update(samples, is_over)

    def begin_with(self, weights: Checkpoint) -> None:
        """Begin with the weights of another network, whose value estimate may be missing.

        Raises:
            CheckpointError: it is that of another network.
        """
        load_weights(self.network, weights.tensors)

    def checkpoint(self, record: Mapping[str, object]) -> Checkpoint:
        """All that is needed to go on, with a record of the caller."""
        tensors = named("network", self.network.state_dict())
        tensors |= named("adam", self._ppo.optimizer.tensors())
        tensors[_GENERATOR] = self._generator.get_state()
        return Checkpoint(tensors, {**record, "reward_scale": self._scale.to_record()})

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint of a learner with the same configuration.

        Raises:
            CheckpointError: it is that of another network.
        """
        tensors = checkpoint.tensors
        with fitting():
            self.network.load_state_dict(below("network", tensors))
            self._ppo.optimizer.restore(below("adam", tensors))
            self._generator.set_state(tensors[_GENERATOR])
            self._scale.restore(checkpoint.record["reward_scale"])
