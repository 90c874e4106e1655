"""Choosing an action from the network's output: greedy, drawn at random, and refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from deepracer_core.action_space import ContinuousActionSpace, DiscreteActionSpace
from deepracer_core.decision import decide
from deepracer_core.errors import PolicyError
from hypothesis import given
from hypothesis import strategies as st

SPACE = DiscreteActionSpace(((-0.5, 1.0), (0.0, 2.0), (0.5, 1.5)))
RANGES = ContinuousActionSpace(math.radians(-20), math.radians(30), 0.5, 2.0)


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_greedy_takes_the_most_likely_action():
    decision = decide(f32(0.2, 0.3, 0.5), SPACE)
    assert decision.action == 2
    assert (decision.steering_angle, decision.speed) == SPACE[2]
    assert decision.log_probability == pytest.approx(math.log(0.5))
    assert not decision.sampled


def test_drawn_actions_follow_the_distribution():
    distribution, random = f32(0.1, 0.0, 0.9), np.random.default_rng(0)
    decisions = [decide(distribution, SPACE, random) for _ in range(5000)]
    counts = np.bincount([d.action for d in decisions], minlength=3)
    assert counts[1] == 0
    assert scipy.stats.binomtest(int(counts[0]), 5000, 0.1).pvalue > 1e-3
    for decision in decisions[:50]:
        assert decision.sampled
        assert decision.log_probability == pytest.approx(math.log(distribution[decision.action]))


def test_the_same_seed_draws_the_same_actions():
    one, two = (
        [decide(f32(0.3, 0.3, 0.4), SPACE, random).action for _ in range(50)]
        for random in (np.random.default_rng(7), np.random.default_rng(7))
    )
    assert one == two
    assert len(set(one)) == 3


@given(
    weights=st.lists(st.integers(0, 1000), min_size=3, max_size=3).filter(any),
    seed=st.integers(0, 1000),
)
def test_an_action_of_probability_zero_is_never_taken(weights, seed):
    probabilities = (np.array(weights) / sum(weights)).astype(np.float32)
    for random in (None, np.random.default_rng(seed)):
        decision = decide(probabilities, SPACE, random)
        assert probabilities[decision.action] > 0
        assert math.isfinite(decision.log_probability)


class LastNumber(np.random.Generator):
    """Draws the largest number below 1 that a generator can."""

    def random(self):
        return np.nextafter(1.0, 0.0)


def test_the_largest_random_number_still_finds_an_action():
    thirds = f32(0.33333, 0.33333, 0.33333)
    assert decide(thirds, SPACE, LastNumber(np.random.PCG64())).action == 2
    assert decide(f32(1, 0, 0), SPACE, LastNumber(np.random.PCG64())).action == 0


def test_continuous_greedy_is_the_clipped_mean():
    decision = decide(f32(-0.2, 3.0, 0.5, 0.25), RANGES)
    assert decision.action == -1
    assert decision.steering_angle == pytest.approx(math.radians(0), abs=1e-6)
    assert decision.speed == pytest.approx(2.0)
    assert decision.drawn.tolist() == f32(-0.2, 3.0).tolist()
    expected = scipy.stats.norm.logpdf([-0.2, 3.0], [-0.2, 3.0], [0.5, 0.25]).sum()
    assert decision.log_probability == pytest.approx(expected, rel=1e-5)


def test_continuous_draws_follow_the_gaussians_and_report_their_density():
    random = np.random.default_rng(0)
    decisions = [decide(f32(0.1, -0.2, 0.1, 0.2), RANGES, random) for _ in range(2000)]
    steering = np.array([d.steering_angle for d in decisions])
    speed = np.array([d.speed for d in decisions])
    normalised = np.stack(
        [
            (steering - math.radians(-20)) / math.radians(50) * 2 - 1,
            (speed - 0.5) / 1.5 * 2 - 1,
        ]
    )
    np.testing.assert_allclose(normalised.mean(axis=1), [0.1, -0.2], atol=0.02)
    np.testing.assert_allclose(normalised.std(axis=1), [0.1, 0.2], rtol=0.1)
    expected = scipy.stats.norm.logpdf(normalised.T, [0.1, -0.2], [0.1, 0.2]).sum(axis=1)
    np.testing.assert_allclose([d.log_probability for d in decisions], expected, atol=1e-4)


def test_continuous_draws_stay_in_range():
    random = np.random.default_rng(0)
    decisions = [decide(f32(0, 0, 5, 5), RANGES, random) for _ in range(200)]
    assert min(d.steering_angle for d in decisions) == pytest.approx(math.radians(-20))
    assert max(d.speed for d in decisions) == pytest.approx(2.0)
    assert min(d.speed for d in decisions) == pytest.approx(0.5)


def test_a_clipped_draw_keeps_the_density_of_the_draw():
    decision = decide(f32(5, -5, 0.1, 0.2), RANGES, np.random.default_rng(0))
    assert (decision.steering_angle, decision.speed) == (RANGES.steering_high, 0.5)
    assert decision.drawn[0] > 4
    assert decision.drawn[1] < -3
    expected = scipy.stats.norm.logpdf(decision.drawn, [5, -5], [0.1, 0.2]).sum()
    assert decision.log_probability == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("distribution", "space", "message"),
    [
        (f32(np.nan, 0.5, 0.5), SPACE, "not finite; take an older checkpoint"),
        (f32(np.inf, 0.5, 0.5), SPACE, "not finite"),
        (f32(0.2, 0.2, 0.2), SPACE, "sums to 0.6000"),
        (f32(-0.5, 0.5, 1.0), SPACE, "with minimum -0.5000: no probabilities"),
        (f32(2.0, -1.0, 0.1), SPACE, "no probabilities; export the network with its softmax"),
        (f32(0, np.nan, 1, 1), RANGES, "not finite"),
        (f32(0, 0, 0, 1), RANGES, "standard deviations are [0.0, 1.0]"),
        (f32(0, 0, 1, -1), RANGES, "at least 1e-06 is needed"),
    ],
)
def test_outputs_that_are_no_distribution_are_refused(distribution, space, message):
    for random in (None, np.random.default_rng(0)):
        with pytest.raises(PolicyError) as caught:
            decide(distribution, space, random)
        assert message in str(caught.value)
