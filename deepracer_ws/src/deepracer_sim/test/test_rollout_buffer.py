"""The buffer keeps each step with what belongs to it."""

from __future__ import annotations

import numpy as np
import torch
from deepracer_sim.training.rollout_buffer import RolloutBuffer, Samples

STEPS, CARS = 4, 3


def filled(steps: int = STEPS) -> RolloutBuffer:
    """Every entry tells its step and car: 10 * step + car."""
    buffer = RolloutBuffer(STEPS, (1, 2, 2), np.zeros(CARS, np.int64))
    for step in range(steps):
        number = 10 * step + np.arange(CARS)
        ended = np.full(CARS, step == 1)
        images = np.broadcast_to(number[:, None, None, None], (CARS, 1, 2, 2)).astype(np.uint8)
        buffer.append(
            images,
            number,
            number.astype(np.float32),
            number.astype(np.float32),
            number.astype(np.float64),
            ended,
            np.zeros(CARS, np.float32),
        )
    return buffer


def drawn(buffer: RolloutBuffer, **options: float) -> Samples:
    return buffer.samples(np.zeros(CARS, np.float32), 0.0, 0.0, **options)


def test_columns_stay_together():
    samples = drawn(filled())
    assert len(samples) == STEPS * CARS
    numbers = [10 * step + car for step in range(STEPS) for car in range(CARS)]
    assert samples.actions.tolist() == numbers
    assert samples.images[:, 0, 1, 1].tolist() == numbers
    assert samples.log_probabilities.tolist() == samples.values.tolist() == numbers
    # without discount: advantage = reward - value = 0, return = reward
    assert samples.advantages.tolist() == [0] * len(numbers)
    assert samples.returns.tolist() == numbers


def test_rewards_are_scaled():
    samples = drawn(filled(), reward_scale=0.5)
    assert torch.equal(samples.returns, samples.values * 0.5)


def test_a_part_is_enough_and_clear_forgets():
    buffer = filled(2)
    assert not buffer.is_full
    assert len(drawn(buffer)) == 2 * CARS
    assert buffer.ended.tolist() == [[False] * CARS, [True] * CARS]
    buffer.clear()
    assert buffer.steps == 0
    assert len(buffer.rewards) == 0


def test_a_full_buffer_says_so():
    assert filled().is_full


def test_minibatches_are_full_random_and_repeatable():
    samples = drawn(filled())

    def batches(seed: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(seed)
        return [batch.actions.tolist() for batch in samples.minibatches(5, generator)]

    first = batches(0)
    assert [len(batch) for batch in first] == [5, 5]
    assert len({number for batch in first for number in batch}) == 10
    assert batches(0) == first
    assert batches(1) != first


def test_few_samples_are_one_batch():
    samples = drawn(filled(1))
    (batch,) = samples.minibatches(64, torch.Generator())
    assert sorted(batch.actions.tolist()) == [0, 1, 2]
