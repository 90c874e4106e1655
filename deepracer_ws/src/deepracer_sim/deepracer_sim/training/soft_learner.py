"""What learns by SAC: network, replay buffer and optimizers, and how they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deepracer_sim.training.checkpoints import Checkpoint
from deepracer_sim.training.replay_buffer import ReplayBuffer, Transitions
from deepracer_sim.training.reward_scale import RewardScale
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.sac import Sac, SoftLosses
from deepracer_sim.training.soft_networks import SoftActorCritic
from deepracer_sim.training.tensors import below, fitting, load_weights, named

_GENERATOR, _LOG_ALPHA = "generator", "log_alpha"


class SoftLearner:
    """Learns from rollouts and all that is remembered of former ones; used as `learner.Learner`.

    A checkpoint holds everything but the replay buffer, which is as large as the machine allows:
    a training that goes on first drives, and then learns from what it drove since.

    Attributes:
        network: what is trained.
    """

    def __init__(self, config: RunConfig) -> None:
        """Begin with random weights; see `learner.Learner`."""
        hyperparameters = config.hyperparameters
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network = SoftActorCritic(config.spec, config.network)
        self._generator = torch.Generator().manual_seed(config.seed)
        self._sac = Sac(self.network, hyperparameters, self._generator)
        self._scale = RewardScale(hyperparameters.discount_factor)
        self._hyperparameters = hyperparameters
        self._replay: ReplayBuffer | None = None

    def learn(
        self, buffer: RolloutBuffer, images: Tensor, is_over: Callable[[], bool] = lambda: False
    ) -> SoftLosses:
        """Remember what is in the buffer, and train with samples of all that is remembered.

        So many that each step is drawn `num_epochs` times before it is forgotten, if all are
        equally likely; see `learner.Learner.learn`.
        """
        replay = self._remember(buffer, images.numpy())
        self._scale.observe(buffer.rewards, buffer.ended)
        settings = self._hyperparameters
        size = settings.batch_size
        count = max(1, buffer.steps * replay.cars * settings.num_epochs // size)
        random = np.random.default_rng(self._draw_seed())
        rows = []
        for _ in range(count):
            rows.append(self._sac.update(self._scaled(replay.sample(size, random))))
            if is_over():
                break
        return SoftLosses(*torch.stack(rows).mean(0).tolist())

    def begin_with(self, weights: Checkpoint) -> None:
        """Begin with the weights of another network; see `learner.Learner.begin_with`."""
        load_weights(self.network, weights.tensors)
        self._sac.match_targets()

    def checkpoint(self, record: Mapping[str, object]) -> Checkpoint:
        """All that is needed to go on but the replay buffer, with a record of the caller."""
        tensors = named("network", self.network.state_dict())
        tensors |= named("targets", self._sac.targets.state_dict())
        for name, optimizer in self._sac.optimizers.items():
            tensors |= named(f"adam.{name}", optimizer.tensors())
        tensors[_LOG_ALPHA] = self._sac.log_alpha.detach()
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
            self._sac.targets.load_state_dict(below("targets", tensors))
            for name, optimizer in self._sac.optimizers.items():
                optimizer.restore(below(f"adam.{name}", tensors))
            with torch.no_grad():
                self._sac.log_alpha.copy_(tensors[_LOG_ALPHA])
            self._generator.set_state(tensors[_GENERATOR])
            self._scale.restore(checkpoint.record["reward_scale"])

    def _remember(self, buffer: RolloutBuffer, images: NDArray[np.uint8]) -> ReplayBuffer:
        if self._replay is None:
            size = self._hyperparameters.replay_size
            self._replay = ReplayBuffer(size, images.shape[1:], buffer.actions[0])
        self._replay.extend(buffer, images)
        return self._replay

    def _scaled(self, batch: Transitions) -> Transitions:
        return Transitions(**{**vars(batch), "rewards": batch.rewards * self._scale.factor})

    def _draw_seed(self) -> int:
        return int(torch.randint(2**31, (1,), generator=self._generator))
