from __future__ import annotations

import math

import pytest
from deepracer_car.latency import BIN, BINS, EDGES, LatencyHistogram
from hypothesis import given
from hypothesis import strategies as st

LATENCIES = st.lists(st.integers(-1_000_000, BIN * BINS - 1), min_size=1, max_size=300)


def filled(latencies: list[int]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for latency in latencies:
        histogram.add(latency)
    return histogram


@given(LATENCIES, st.floats(0.1, 100.0))
def test_a_percentile_is_the_true_one_up_to_a_bin(latencies, percent):
    histogram = filled(latencies)
    ranked = sorted(max(latency, 0) for latency in latencies)
    true = ranked[max(math.ceil(len(ranked) * percent / 100) - 1, 0)]
    assert true <= histogram.percentile(percent) <= true + BIN


@given(LATENCIES)
def test_the_largest_is_exact_and_none_exceeds_it(latencies):
    histogram = filled(latencies)
    assert histogram.max == max(0, *latencies)
    assert histogram.percentile(100.0) == histogram.max
    assert histogram.count == len(latencies)


@pytest.mark.parametrize(("percent", "index"), [(50.0, 499), (95.0, 949), (99.0, 989), (0.1, 0)])
def test_percentiles_of_a_thousand(percent, index):
    latencies = [BIN * number for number in range(1000)]
    assert filled(latencies).percentile(percent) == latencies[index] + BIN


def test_an_empty_histogram_says_zero():
    histogram = LatencyHistogram()
    assert (histogram.percentile(50.0), histogram.max, histogram.count) == (0, 0, 0)
    assert {count for _, count in histogram.coarse()} == {0}


def test_what_is_slower_than_all_bins_is_counted():
    histogram = filled([10**12, 5_000_000])
    assert histogram.percentile(99.0) == histogram.max == 10**12
    assert histogram.percentile(50.0) == 5_100_000


def test_the_last_bin_begins_at_its_edge():
    assert filled([BIN * (BINS - 1)]).percentile(100.0) == BIN * (BINS - 1)


@pytest.mark.parametrize(
    ("latency", "label"),
    [
        (0, "up to 1 ms"),
        (999_999, "up to 1 ms"),
        (1_000_000, "up to 2 ms"),
        (4_999_999, "up to 5 ms"),
        (199_999_999, "up to 200 ms"),
        (200_000_000, "above 200 ms"),
        (10**12, "above 200 ms"),
    ],
)
def test_the_coarse_histogram_has_each_latency_once(latency, label):
    coarse = filled([latency]).coarse()
    assert [name for name, count in coarse if count] == [label]
    assert len(coarse) == len(EDGES) + 1
