"""Blur, exposure and noise do what they say, to each car its own, from its seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.errors import ConfigError
from deepracer_sim.image_effects import Effects, ImageEffects
from hypothesis import given
from hypothesis.extra.numpy import arrays

SHAPE = (48, 64)


def effects(cars=1, *, brightness=0.0, contrast=1.0, noise=0.0, blur=0.0, seeds=None):
    def row(value):
        return np.resize(np.asarray(value, float), cars)

    seeds = np.arange(cars, dtype=np.uint64) if seeds is None else np.asarray(seeds, np.uint64)
    return Effects(row(brightness), row(contrast), row(noise), row(blur), seeds)


def apply(images, settings, times=1):
    images = np.ascontiguousarray(images).copy()
    cars = np.arange(len(images))
    camera = ImageEffects(len(images), images.shape[1:])
    camera.reset(cars, settings)
    for _ in range(times):
        result = images.copy()
        camera.apply(result, cars)
    return result


def flat(value, cars=1, shape=SHAPE):
    return np.full((cars, *shape), value, np.uint8)


@given(arrays(np.uint8, (1, 5, 7, 3)))
def test_no_effect_changes_no_bit(images):
    np.testing.assert_array_equal(apply(images, effects()), images)


@pytest.mark.parametrize(
    ("brightness", "contrast", "value", "expected"),
    [
        (10.0, 1.0, 100, 110),
        (-20.0, 1.0, 100, 80),
        (0.0, 1.5, 100, 86),
        (0.0, 0.5, 28, 78),
        (0.0, 1.5, 128, 128),
        (40.0, 1.0, 240, 255),
        (-40.0, 1.0, 30, 0),
        (0.4, 1.0, 100, 100),
        (0.6, 1.0, 100, 101),
    ],
)
def test_exposure(brightness, contrast, value, expected):
    result = apply(flat(value), effects(brightness=brightness, contrast=contrast))
    assert (result == expected).all()


def test_noise_is_normal_independent_and_of_the_given_size():
    result = apply(flat(128, cars=20), effects(20, noise=10.0)).astype(float) - 128
    assert result.mean() == pytest.approx(0.0, abs=0.1)
    assert result.std() == pytest.approx(10.0, rel=0.02)
    assert (np.abs(result) < 10.0).mean() == pytest.approx(0.683, abs=0.03)
    assert (result**4).mean() / result.var() ** 2 == pytest.approx(3.0, abs=0.15)
    for one, other in [
        (result[:, :, 1:], result[:, :, :-1]),
        (result[:, 1:], result[:, :-1]),
        (result[1:], result[:-1]),
    ]:
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(0.0, abs=0.02)


def test_noise_differs_between_channels_and_from_frame_to_frame():
    settings = effects(noise=10.0)
    first, second = (apply(flat(128, shape=(48, 64, 3)), settings, times=n) for n in (1, 2))
    assert (first[..., 0] != first[..., 1]).mean() > 0.9
    assert (first != second).mean() > 0.9


def test_blur_is_a_normal_one_of_the_given_size():
    image = flat(0)
    image[0, 20, 30] = 255
    spot = apply(image, effects(blur=0.6))[0].astype(float)
    rows, columns = np.mgrid[:48, :64]
    for axis, middle in ((rows, 20), (columns, 30)):
        assert np.average(axis, weights=spot) == pytest.approx(middle, abs=0.01)
        spread = np.sqrt(np.average((axis - middle) ** 2, weights=spot))
        assert spread == pytest.approx(0.6, rel=0.03)
    assert spot.sum() == pytest.approx(255, abs=4)


def test_blur_mixes_no_channels_and_keeps_edges_of_the_picture():
    image = np.zeros((1, 8, 8, 3), np.uint8)
    image[..., 1], image[..., 2] = 100, 200
    np.testing.assert_array_equal(apply(image, effects(blur=0.7)), image)


def test_what_a_car_sees_depends_on_its_seed_alone():
    image = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)
    settings = effects(
        3, noise=(5.0, 9.0, 5.0), blur=(0.0, 0.5, 0.2), brightness=(0, 9, -9), seeds=(7, 8, 7)
    )
    together = apply(np.stack([image] * 3), settings)
    alone = apply(image[None], effects(noise=9.0, blur=0.5, brightness=9.0, seeds=[8]))
    np.testing.assert_array_equal(together[1], alone[0])
    assert (together[0] != together[1]).any()


def test_only_the_given_cars_change():
    camera = ImageEffects(4, SHAPE)
    camera.reset(np.array([1, 3]), effects(2, brightness=(10.0, 30.0)))
    image = flat(100, cars=2)
    camera.apply(image, np.array([3, 0]))
    assert (image[0] == 130).all()
    assert (image[1] == 100).all()


@pytest.mark.parametrize("blur", [-0.1, 0.8, np.nan])
def test_an_impossible_blur_is_refused(blur):
    with pytest.raises(ConfigError, match=r"use 0 to 0\.7 px"):
        ImageEffects(1, SHAPE).reset(np.array([0]), effects(blur=blur))
