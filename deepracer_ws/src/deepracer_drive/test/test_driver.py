"""The driver: which images it decides on, when it begins anew, and what becomes of its model."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest
from deepracer_core.action_space import clip_to_car
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import BundleError, CameraError, PolicyError
from deepracer_drive.driver import MAX_PAUSE, Driver
from untrained import create_untrained, picture

PERIOD = 66_000_000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = ModelStore(tmp_path_factory.mktemp("models"))
    create_untrained(store, "one")
    create_untrained(store, "two", seed=5)
    create_untrained(store, "stacked", frames=3)
    return store


def driver(store: ModelStore, model: str = "one", **settings) -> Driver:
    driver = Driver(store, **settings)
    driver.load(model)
    return driver


def probabilities(driver: Driver, seed: int, stamp: int) -> list[float]:
    return driver.drive(picture(seed), "rgb8", stamp).decision.distribution.tolist()


def test_without_a_model_it_decides_nothing(store):
    assert Driver(store).model == ""
    assert Driver(store).drive(picture(0), "rgb8", PERIOD) is None


def test_the_command_is_the_action_within_the_limits_of_the_car_with_the_stamp_of_the_image(store):
    driven = driver(store).drive(picture(0), "rgb8", PERIOD)
    decision, command = driven.decision, driven.command
    clipped = clip_to_car([decision.steering_angle, decision.speed])
    assert [command.stamp, command.steering_angle, command.speed] == [PERIOD, *clipped]


def test_a_sampled_action_beyond_the_car_is_clipped(store, monkeypatch):
    fast = driver(store)
    decide = fast._policy.decide

    def far_out(*images, **settings):
        return dataclasses.replace(decide(*images, **settings), steering_angle=9.0, speed=99.0)

    monkeypatch.setattr(fast._policy, "decide", far_out)
    driven = fast.drive(picture(0), "rgb8", PERIOD)
    assert (driven.decision.steering_angle, driven.decision.speed) == (9.0, 99.0)
    assert [driven.command.steering_angle, driven.command.speed] == list(clip_to_car([9.0, 99.0]))


def test_an_image_that_is_sent_again_is_answered_as_before_and_draws_nothing(store):
    once, twice = (driver(store, sample=True, seed=3) for _ in range(2))
    drawn = [once.drive(picture(i), "rgb8", i * PERIOD).decision.action for i in range(1, 30)]
    again = []
    for i in range(1, 30):
        first = twice.drive(picture(i), "rgb8", i * PERIOD)
        assert twice.drive(picture(i), "rgb8", i * PERIOD) is first
        again.append(first.decision.action)
    assert again == drawn
    assert len(set(drawn)) > 1


def test_a_seed_repeats_the_drawn_actions_from_the_loading_on(store):
    sampling = driver(store, sample=True, seed=3)
    runs = []
    for _ in range(2):
        sampling.load("one")
        runs.append(
            [sampling.drive(picture(0), "rgb8", i * PERIOD).decision.action for i in range(1, 30)]
        )
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("later", "continues"),
    [(PERIOD, True), (MAX_PAUSE, True), (MAX_PAUSE + 1, False), (2 * PERIOD, False), (-1, False)],
)
def test_past_pictures_are_forgotten_after_a_pause_and_when_time_runs_back(store, later, continues):
    fresh = probabilities(driver(store, "stacked"), 2, 0)
    driven = driver(store, "stacked")
    probabilities(driven, 1, PERIOD)
    assert (probabilities(driven, 2, PERIOD + later) != fresh) is continues


def test_another_model_decides_from_its_loading_on(store):
    exchanged = driver(store)
    first = probabilities(exchanged, 0, PERIOD)
    exchanged.load("two")
    assert exchanged.model == "two"
    assert probabilities(exchanged, 0, PERIOD) == probabilities(driver(store, "two"), 0, 0) != first


def test_a_model_that_fails_to_load_leaves_the_former_one(store, tmp_path):
    shutil.copytree(store.root, tmp_path, dirs_exist_ok=True)
    (tmp_path / "two" / "policy.onnx").write_bytes(b"no network")
    kept = driver(ModelStore(tmp_path))
    with pytest.raises(BundleError, match="no model 'none'"):
        kept.load("none")
    with pytest.raises(PolicyError):
        kept.load("two")
    assert kept.model == "one"
    assert kept.drive(picture(0), "rgb8", PERIOD) is not None


def test_a_broken_image_is_refused_and_the_next_one_decided(store):
    undeterred = driver(store)
    with pytest.raises(CameraError):
        undeterred.drive(np.zeros((120, 160), np.uint8), "rgb8", PERIOD)
    assert undeterred.drive(picture(0), "rgb8", 2 * PERIOD) is not None
