"""Frames arrive exactly as late as they should, in order, and some never."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.errors import ConfigError
from deepracer_sim.latency import MAX_LATENCY, FrameDelay
from hypothesis import given
from hypothesis import strategies as st

SHAPE = (2, 3)


def delay(latency, drop_rate=0.0, seeds=0):
    latency = np.atleast_1d(np.asarray(latency, float))
    line = FrameDelay(len(latency), SHAPE)
    cars = np.arange(len(latency))
    seeds = np.resize(np.asarray(seeds, np.uint64), len(latency))
    line.reset(cars, latency, np.resize(np.asarray(drop_rate, float), len(latency)), seeds)
    return line


def shown(line, cars, steps, first=0):
    """(steps, cars) numbers of the frames that were shown, when frame k is full of k."""
    out = np.zeros((cars, *SHAPE), np.uint8)
    numbers = []
    for number in range(first, first + steps):
        line.show(np.full((cars, *SHAPE), number, np.uint8), np.arange(cars), out)
        assert (out == out[:, :1, :1]).all()
        numbers.append(out[:, 0, 0].astype(int))
    return np.array(numbers)


@pytest.mark.parametrize("latency", [0, 1, 2, 3, 4])
def test_whole_frames_of_latency_are_exact(latency):
    numbers = shown(delay(latency), 1, 50)[:, 0]
    np.testing.assert_array_equal(numbers, np.maximum(np.arange(50) - latency, 0))


@pytest.mark.parametrize("latency", [0.25, 1.3, 2.5])
def test_a_fraction_is_the_share_of_steps_that_wait_one_frame_more(latency):
    numbers = shown(delay([latency] * 40, seeds=np.arange(40)), 40, 200)
    age = (np.arange(200)[:, None] - numbers)[10:]
    assert set(np.unique(age)) == {int(latency), int(latency) + 1}
    assert age.mean() == pytest.approx(latency, abs=0.03)


@given(st.floats(0.0, MAX_LATENCY), st.floats(0.0, 0.9), st.integers(0, 2**64 - 1))
def test_time_never_runs_backwards_and_nothing_is_early(latency, drop_rate, seed):
    numbers = shown(delay(latency, drop_rate, seed), 1, 60)[:, 0]
    assert (np.diff(numbers) >= 0).all()
    assert (numbers <= np.maximum(np.arange(60) - int(latency), 0)).all()


def test_a_dropped_frame_repeats_the_one_before():
    numbers = shown(delay([0] * 50, 0.2, np.arange(50)), 50, 200)
    is_new = numbers == np.arange(200)[:, None]
    assert is_new[0].all()
    assert is_new[1:].mean() == pytest.approx(0.8, abs=0.02)
    repeats = np.where(is_new[1:], 0, numbers[1:] - numbers[:-1])
    assert not repeats.any()


def test_a_dropped_frame_is_missed_after_the_latency():
    prompt = shown(delay(0, 0.3, 5), 1, 60)[:, 0]
    late = shown(delay(2, 0.3, 5), 1, 60)[:, 0]
    np.testing.assert_array_equal(late[2:], prompt[:-2])


def test_a_new_episode_sees_nothing_of_the_old_one_and_disturbs_no_other_car():
    line = delay([2, 2])
    shown(line, 2, 10)
    line.reset(np.array([1]), np.array([1.0]), np.array([0.0]), np.array([3], np.uint64))
    numbers = shown(line, 2, 4, first=100)
    np.testing.assert_array_equal(numbers[:, 0], [8, 9, 100, 101])
    np.testing.assert_array_equal(numbers[:, 1], [100, 100, 101, 102])


def test_cars_that_get_no_frame_stay_as_they_are():
    line = delay([1, 1, 1])
    out = np.full((3, *SHAPE), 77, np.uint8)
    frames = np.full((2, *SHAPE), 5, np.uint8)
    line.show(frames, np.array([2, 0]), out)
    assert (out[[0, 2]] == 5).all()
    assert (out[1] == 77).all()


def test_what_a_car_is_shown_depends_on_its_seed_alone():
    together = shown(delay([1.5, 2.5, 1.5], 0.1, [4, 5, 6]), 3, 100)
    alone = shown(delay(2.5, 0.1, 5), 1, 100)
    np.testing.assert_array_equal(together[:, 1], alone[:, 0])
    assert (together[:, 0] != together[:, 2]).any()


@pytest.mark.parametrize(
    ("latency", "drop_rate", "message"),
    [(-0.1, 0.0, "latency"), (4.1, 0.0, "latency"), (np.nan, 0.0, "latency"),
     (1.0, 1.0, "drop rate"), (1.0, -0.1, "drop rate"), (1.0, np.nan, "drop rate")],
)  # fmt: skip
def test_impossible_settings_are_refused(latency, drop_rate, message):
    with pytest.raises(ConfigError, match=message):
        delay(latency, drop_rate)
