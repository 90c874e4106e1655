"""The compiled draws are numpy's, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_sim.quick_draws import as_uniform, combine, draw_words

SEEDS = [0, 1, 77, 2**32 - 1, 2**32, 2**53 + 1, 2**63, 2**64 - 1]


@pytest.mark.parametrize("count", [1, 4, 19])
def test_words_are_those_of_philox(count):
    words = np.empty((len(SEEDS), count), np.uint64)
    draw_words(np.array(SEEDS, np.uint64), words)
    for seed, row in zip(SEEDS, words):
        generator = np.random.Philox(np.random.SeedSequence(seed))
        assert row.tolist() == generator.random_raw(count).tolist()


def test_uniform_numbers_are_those_of_a_generator():
    words = np.empty((1, 1000), np.uint64)
    draw_words(np.array([5], np.uint64), words)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(5)))
    assert as_uniform(words[0]).tolist() == generator.random(1000).tolist()


def test_two_seeds_combine_as_in_a_seed_sequence():
    pairs = [(one, other) for one in SEEDS for other in SEEDS]
    drawn = np.empty(len(pairs), np.uint64)
    combine(*np.array(pairs, np.uint64).T.copy(), drawn)
    expected = [np.random.SeedSequence(pair).generate_state(1, np.uint64)[0] for pair in pairs]
    assert drawn.tolist() == expected
