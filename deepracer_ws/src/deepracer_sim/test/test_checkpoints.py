"""A training goes on from its checkpoint as if it had never stopped."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from deepracer_core.errors import CheckpointError
from deepracer_sim.training.checkpoints import Checkpoint
from deepracer_sim.training.learner import Learner
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.tally import Tally
from training_samples import discrete_settings, lesson, small_config

CARS = 8
LAST = torch.zeros((CARS, 1, 36, 48), dtype=torch.uint8)


def make_learner(seed: int = 0) -> Learner:
    settings = {"batch_size": 32}
    return Learner(
        small_config(action_space=discrete_settings(), hyperparameters=settings, seed=seed)
    )


def learn(learner: Learner, *rounds: int) -> None:
    """Rounds of lessons; what happens in a round depends on its number and the network only."""
    buffer = RolloutBuffer(8, (1, 36, 48), np.zeros(CARS, np.int64))
    for number in rounds:
        lesson(learner.network, np.random.default_rng(number), buffer)
        learner.learn(buffer, LAST)


def test_learning_goes_on_where_it_was(tmp_path):
    path = tmp_path / "checkpoints" / "latest.safetensors"
    straight, stopped, resumed = make_learner(), make_learner(), make_learner(seed=9)
    learn(straight, 0, 1, 2, 3)
    learn(stopped, 0, 1)
    stopped.checkpoint(Tally(iteration=2, steps=128).to_record()).write(path)
    checkpoint = Checkpoint.read(path)
    resumed.restore(checkpoint)
    learn(resumed, 2, 3)
    assert Tally.from_record(checkpoint.record) == Tally(iteration=2, steps=128)
    expected = straight.network.state_dict()
    for name, value in resumed.network.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_the_first_checkpoint_has_no_steps_of_adam_yet(tmp_path):
    path = tmp_path / "latest.safetensors"
    first, restored = make_learner(), make_learner(seed=9)
    first.checkpoint({}).write(path)
    restored.restore(Checkpoint.read(path))
    learn(first, 0)
    learn(restored, 0)
    assert torch.equal(first.network.head.weight, restored.network.head.weight)


@pytest.mark.parametrize("content", [b"", b"nonsense" * 100, None])
def test_what_is_no_checkpoint_is_refused(content, tmp_path):
    path = tmp_path / "latest.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read as a checkpoint"):
        Checkpoint.read(path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    path = tmp_path / "latest.safetensors"
    make_learner().checkpoint({}).write(path)
    other = Learner(small_config())
    with pytest.raises(CheckpointError, match="does not fit"):
        other.restore(Checkpoint.read(path))


def test_a_checkpoint_without_a_tally_is_refused():
    with pytest.raises(CheckpointError, match="iteration"):
        Tally.from_record({})
