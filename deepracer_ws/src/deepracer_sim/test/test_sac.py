"""SAC: what it remembers, that it learns, goes on from a checkpoint, and spoils no weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from deepracer_core.errors import CheckpointError, TrainingError
from deepracer_core.policy import Policy
from deepracer_sim.training import replay_buffer
from deepracer_sim.training.checkpoints import Checkpoint
from deepracer_sim.training.export import export_policy
from deepracer_sim.training.learner import Learner
from deepracer_sim.training.networks import draw_actions
from deepracer_sim.training.replay_buffer import ReplayBuffer
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.soft_learner import SoftLearner
from deepracer_sim.training.squashed_normal import SquashedNormal
from torch.distributions import Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform
from training_samples import pictures, small_config

CARS, STEPS = 16, 16
SHAPE = (1, 36, 48)
LAST = torch.zeros((CARS, *SHAPE), dtype=torch.uint8)


def make_learner(seed: int = 0, **hyperparameters: object) -> SoftLearner:
    settings = {"batch_size": 64, "lr": 1e-3, "replay_size": 2048, **hyperparameters}
    return SoftLearner(small_config(algorithm="sac", hyperparameters=settings, seed=seed))


def lesson(learner: SoftLearner, random: np.random.Generator) -> tuple[RolloutBuffer, float]:
    """Steps, each an episode: bright pictures want to steer left, dark ones right."""
    buffer = RolloutBuffer(STEPS, SHAPE, np.zeros((CARS, 2), np.float32))
    generator = torch.Generator().manual_seed(int(random.integers(2**31)))
    while not buffer.is_full:
        images, wanted = pictures(random, CARS)
        with torch.no_grad():
            distribution, _ = learner.network(torch.from_numpy(images))
            actions = draw_actions(distribution, generator)
        none = np.zeros(CARS, np.float32)
        rewards = -np.abs(actions[:, 0].numpy() - (wanted - 1))
        buffer.append(images, actions.numpy(), none, none, rewards, np.ones(CARS, bool), none)
    return buffer, float(buffer.rewards.mean())


def taught(learner: SoftLearner, rounds: int, seed: int = 0) -> list[float]:
    random, rewards = np.random.default_rng(seed), []
    for _ in range(rounds):
        buffer, reward = lesson(learner, random)
        rewards.append(reward)
        learner.learn(buffer, LAST)
    return rewards


def test_it_learns_what_the_pictures_want():
    learner = make_learner()
    rewards = taught(learner, 5)
    assert rewards[0] < -0.9  # at random: the mean distance to one end
    images, wanted = pictures(np.random.default_rng(1), 100)
    distribution, _ = learner.network(torch.from_numpy(images))
    assert (np.sign(distribution.mean[:, 0].detach().numpy()) == wanted - 1).all()
    assert rewards[-1] > -0.5


def test_it_says_how_it_goes():
    learner = make_learner(sac_alpha=0.3)
    losses = learner.learn(lesson(learner, np.random.default_rng(0))[0], LAST)
    assert losses.alpha == pytest.approx(0.3, rel=0.1)  # it moves slowly
    assert losses.entropy == pytest.approx(2 * 0.62, abs=0.2)  # of tanh of a standard Gaussian
    assert losses.gradient_norm > 0


def test_an_update_can_be_left_after_each_batch():
    learner = make_learner(num_epochs=10)
    asked = []
    learner.learn(
        lesson(learner, np.random.default_rng(0))[0],
        LAST,
        lambda: asked.append(1) or len(asked) > 2,
    )
    assert len(asked) == 3


def test_a_checkpoint_goes_on_as_if_nothing_had_happened(tmp_path):
    first, again = make_learner(num_epochs=1), make_learner(seed=1, num_epochs=1)
    taught(first, 2)
    first.checkpoint({}).write(tmp_path / "checkpoint")
    again.restore(Checkpoint.read(tmp_path / "checkpoint"))
    first._replay = None  # which is not kept
    assert taught(first, 2, seed=5) == taught(again, 2, seed=5)
    for name, value in first.checkpoint({}).tensors.items():
        assert torch.equal(value, again.checkpoint({}).tensors[name]), name


def test_checkpoints_of_ppo_do_not_fit():
    with pytest.raises(CheckpointError, match="does not fit"):
        make_learner().restore(Learner(small_config()).checkpoint({}))


@pytest.mark.parametrize("what", ["_rewards", "_actions"])
def test_numbers_that_are_none_do_not_reach_the_weights(what):
    learner = make_learner()
    buffer, _ = lesson(learner, np.random.default_rng(0))
    getattr(buffer, what)[:] = np.nan
    with pytest.raises(TrainingError, match="diverged; lower lr"):
        learner.learn(buffer, LAST)
    assert all(torch.isfinite(value).all() for value in learner.network.state_dict().values())


def test_the_policy_on_the_car_decides_as_the_network():
    learner = make_learner()
    torch.nn.init.normal_(learner.network.head.weight)
    spec = small_config(algorithm="sac").spec
    policy = Policy.load(export_policy(learner.network, spec, "slim"))  # which compares both
    assert policy.spec.metadata.training_algorithm == "sac"
    decision = policy.decide(np.zeros((120, 160, 3), np.uint8), sample=True)
    assert np.abs(decision.distribution[:2]).max() < 1.0


def test_the_density_is_that_of_tanh_of_a_gaussian():
    parameters = torch.tensor([[0.3, -1.0, -0.5, 0.2], [3.0, 0.0, -1.0, -4.0]])
    ours = SquashedNormal(parameters)
    actions, log_probabilities = ours.draw(torch.Generator().manual_seed(0))
    mean, log_std = parameters.chunk(2, 1)
    theirs = TransformedDistribution(Normal(mean, log_std.exp()), [TanhTransform()])
    expected = theirs.log_prob(actions).sum(1)
    torch.testing.assert_close(log_probabilities, expected, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(ours.log_prob(actions), expected, atol=1e-3, rtol=1e-3)


def numbered_rollout(first: int, steps: int, ended=(), final=0.0) -> RolloutBuffer:
    """Steps of two cars whose pictures and rewards tell their number."""
    buffer = RolloutBuffer(steps, (1, 2, 2), np.zeros((2, 2), np.float32))
    for number in range(first, first + steps):
        images = np.full((2, 1, 2, 2), number, np.uint8)
        images[1] += 100
        ends = np.array([number in ended, False])
        none = np.zeros(2, np.float32)
        finals = np.where(ends, final, 0.0).astype(np.float32)
        rewards = np.array([number, number + 100.0])
        buffer.append(images, np.zeros((2, 2), np.float32), none, none, rewards, ends, finals)
    return buffer


def extend(replay: ReplayBuffer, rollout: RolloutBuffer, last: int) -> None:
    images = np.full((2, 1, 2, 2), last, np.uint8)
    images[1] += 100
    replay.extend(rollout, images)


def drawn(replay: ReplayBuffer) -> dict[int, tuple[int, float]]:
    """Number of each step that can be drawn: that of the next picture, and whether it goes on."""
    batch = replay.sample(2000, np.random.default_rng(0))
    numbers, following = (i[:, 0, 0, 0].tolist() for i in (batch.images, batch.next_images))
    assert batch.rewards.tolist() == numbers
    return dict(zip(numbers, zip(following, batch.goes_on.tolist())))


def make_replay(size: int) -> ReplayBuffer:
    return ReplayBuffer(size, (1, 2, 2), np.zeros((2, 2), np.float32))


def test_each_step_is_drawn_with_the_picture_that_followed():
    replay = make_replay(12)
    assert replay.capacity == 6
    extend(replay, numbered_rollout(0, 3, ended=[1]), last=3)
    assert drawn(replay) == {
        0: (1, 1.0),
        1: (2, 0.0),  # an end
        2: (3, 1.0),
        100: (101, 1.0),
        101: (102, 1.0),
        102: (103, 1.0),
    }
    extend(replay, numbered_rollout(3, 4), last=7)
    left = {number: (number + 1, 1.0) for number in (2, 3, 4, 5, 6)}
    assert {n: entry for n, entry in drawn(replay).items() if n < 100} == left
    assert len(replay) == 10


def test_actions_are_kept_as_the_car_acted():
    replay = make_replay(4)
    rollout = numbered_rollout(0, 1)
    rollout.actions[0] = [[1.5, -0.5], [-7.0, 1.0]]
    extend(replay, rollout, last=1)
    batch = replay.sample(100, np.random.default_rng(0))
    kept = {tuple(action) for action in batch.actions.tolist()}
    assert kept == {(1.0, -0.5), (-1.0, 1.0)}


def test_a_step_that_a_limit_cut_off_is_never_drawn():
    replay = make_replay(20)
    extend(replay, numbered_rollout(0, 4, ended=[2], final=0.7), last=4)
    assert sorted(drawn(replay)) == [0, 1, 3, 100, 101, 102, 103]


def test_a_rollout_that_is_longer_than_the_memory_leaves_its_end():
    replay = make_replay(8)
    extend(replay, numbered_rollout(0, 9), last=9)
    assert [n for n in sorted(drawn(replay)) if n < 100] == [6, 7, 8]


def test_memory_is_bounded_whatever_is_asked_for(monkeypatch):
    monkeypatch.setattr(replay_buffer, "MAX_IMAGE_BYTES", 4 * 100)
    assert make_replay(10**6).capacity == 50
