"""PPO learns, repeats itself for a seed, and refuses to spoil the weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from deepracer_core.errors import TrainingError
from deepracer_sim.training.learner import Learner
from deepracer_sim.training.networks import greedy_actions
from deepracer_sim.training.ppo import Ppo
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from training_samples import discrete_settings, lesson, pictures, small_config

STEPS, CARS = 16, 16
LAST = torch.zeros((CARS, 1, 36, 48), dtype=torch.uint8)


def make_learner(seed: int = 0, **hyperparameters: object) -> Learner:
    settings = {"batch_size": 64, "lr": 1e-3, **hyperparameters}
    return Learner(
        small_config(action_space=discrete_settings(), hyperparameters=settings, seed=seed)
    )


def make_buffer() -> RolloutBuffer:
    return RolloutBuffer(STEPS, (1, 36, 48), np.zeros(CARS, np.int64))


def taught(learner: Learner, rounds: int) -> list[float]:
    random, buffer, rewards = np.random.default_rng(0), make_buffer(), []
    for _ in range(rounds):
        rewards.append(lesson(learner.network, random, buffer))
        learner.learn(buffer, LAST)
    return rewards


@pytest.mark.parametrize("loss_type", ["mse", "huber"])
def test_it_learns_what_the_pictures_want(loss_type):
    learner = make_learner(loss_type=loss_type)
    rewards = taught(learner, 15)
    assert rewards[0] < 0.5  # three actions, one of them right
    images, wanted = pictures(np.random.default_rng(1), 100)
    distribution, values = learner.network(torch.from_numpy(images))
    assert (greedy_actions(distribution).numpy() == wanted).all()
    assert values.detach().numpy().min() > 0  # it expects rewards, whatever their scale


def test_the_same_seed_learns_the_same():
    first, again, other = (make_learner(seed) for seed in (0, 0, 1))
    assert taught(first, 2) == taught(again, 2)
    taught(other, 2)
    weights = [learner.network.head.weight for learner in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_it_says_how_far_the_policy_moved():
    learner, buffer = make_learner(num_epochs=1), make_buffer()
    lesson(learner.network, np.random.default_rng(0), buffer)
    losses = learner.learn(buffer, LAST)
    assert losses.entropy == pytest.approx(np.log(3), abs=0.01)  # untrained: no action preferred
    assert 0 <= losses.approx_kl < 0.1
    assert 0 <= losses.clip_fraction <= 1
    assert losses.gradient_norm > 0


def test_an_update_can_be_left_after_each_minibatch(monkeypatch):
    learner, buffer = make_learner(num_epochs=10), make_buffer()
    lesson(learner.network, np.random.default_rng(0), buffer)
    done = []
    step = Ppo._step
    monkeypatch.setattr(Ppo, "_step", lambda *given: done.append(1) or step(*given))
    losses = learner.learn(buffer, LAST, lambda: len(done) == 3)
    assert len(done) == 3  # of forty
    assert losses.gradient_norm > 0


@pytest.mark.parametrize("column", ["_rewards", "_log_probabilities", "_values"])
def test_numbers_that_are_none_do_not_reach_the_weights(column):
    learner, buffer = make_learner(), make_buffer()
    lesson(learner.network, np.random.default_rng(0), buffer)
    getattr(buffer, column)[3, 2] = np.nan
    before = {name: value.clone() for name, value in learner.network.state_dict().items()}
    with pytest.raises(TrainingError, match="diverged; lower lr"):
        learner.learn(buffer, LAST)
    for name, value in learner.network.state_dict().items():
        assert torch.isfinite(value).all(), name
        assert column == "_log_probabilities" or torch.equal(value, before[name])


def test_clipping_stops_the_pull_of_an_action_that_is_likely_enough():
    """All samples say: action 0 is good. Epoch after epoch its probability rises, to the clip."""
    learner, buffer = make_learner(num_epochs=10, clip=0.1, beta_entropy=0.0), make_buffer()
    lesson(learner.network, np.random.default_rng(0), buffer)
    losses = learner.learn(buffer, LAST)
    assert losses.clip_fraction > 0
    assert losses.approx_kl < 0.1
