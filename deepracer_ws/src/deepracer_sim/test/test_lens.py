"""Distorted pictures show each ray where the distortion puts it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from deepracer_core.errors import ConfigError, SimulationError
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.engine import ImageSpec
from deepracer_sim.env_options import make_config
from deepracer_sim.lens import Lens, LensMap
from deepracer_sim.palettes import Palette
from deepracer_sim.planar.renderer import PlanarRenderer
from deepracer_sim.vector_env import DeepRacerVectorEnv
from hypothesis import given
from hypothesis import strategies as st
from picture_samples import LUMA, TRACK, conditions, places
from slow_camera import SlowCamera

BARREL = Lens(k1=-0.25, k2=0.06, p1=0.004, p2=-0.003)
IMAGE = ImageSpec(80, 60, gray=True)


def tangents(width, height, rays=1):
    focal = width / 2 / np.tan(VEHICLE.camera.horizontal_fov / 2)
    u = ((np.arange(width * rays) + 0.5) / rays - width / 2) / focal
    v = ((np.arange(height * rays) + 0.5) / rays - height / 2) / focal
    return np.meshgrid(u, v)


def test_the_formula_is_that_of_opencv():
    x, y = tangents(80, 60)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 1, 3)
    coefficients = np.array([BARREL.k1, BARREL.k2, BARREL.p1, BARREL.p2])
    expected, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), np.eye(3), coefficients)
    appears = np.stack(BARREL.distort(x, y), axis=-1).reshape(-1, 1, 2)
    np.testing.assert_allclose(appears, expected, atol=1e-9)


@given(
    st.floats(-0.25, 0.3), st.floats(-0.05, 0.05), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01)
)
def test_undistort_is_the_inverse(k1, k2, p1, p2):
    lens = Lens(k1, k2, p1, p2)
    x, y = tangents(16, 12)
    back = lens.distort(*lens.undistort(x, y))
    np.testing.assert_allclose(back, (x, y), atol=1e-5)


@pytest.mark.parametrize("image", [IMAGE, ImageSpec(80, 60, gray=True, crop_top=15)])
def test_a_distorted_picture_is_what_distorted_rays_see(image):
    renderer = PlanarRenderer(TRACK, image, [Palette.of(TRACK.colours)], lens=BARREL)
    poses, rays = places(6), 4
    out = np.empty((6, *image.shape), np.uint8)
    renderer.render(poses, conditions(6), out)
    camera = SlowCamera(TRACK)
    x, y = BARREL.undistort(*tangents(80, 60, rays))
    for pose, picture in zip(poses, out):
        truth = camera.cast(pose, x, y).reshape(60, rays, 80, rays, 3).mean(axis=(1, 3)) @ LUMA
        assert np.abs(picture - truth[image.crop_top :]).mean() < 1.2


def test_colours_are_distorted_alike():
    images = {}
    for gray in (True, False):
        image = ImageSpec(80, 60, gray=gray)
        renderer = PlanarRenderer(TRACK, image, [Palette.of(TRACK.colours)], lens=BARREL)
        images[gray] = np.empty((2, *image.shape), np.uint8)
        renderer.render(places(2), conditions(2), images[gray])
    for gray, rgb in zip(images[True], images[False]):
        expected = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        assert np.abs(gray.astype(int) - expected).max() <= 3


def test_a_lens_without_distortion_changes_next_to_nothing():
    pictures = []
    for lens in (None, Lens()):
        renderer = PlanarRenderer(TRACK, IMAGE, [Palette.of(TRACK.colours)], lens=lens)
        pictures.append(np.empty((4, *IMAGE.shape), np.uint8))
        renderer.render(places(4), conditions(4), pictures[-1])
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() < 1.0


def test_a_distortion_that_folds_the_picture_is_refused():
    with pytest.raises(ConfigError, match="no inverse within the picture"):
        LensMap(Lens(k1=-1.5), IMAGE)


def test_a_pinhole_picture_that_is_too_large_is_refused():
    with pytest.raises(ConfigError, match="make it smaller or crop it"):
        LensMap(BARREL, ImageSpec(1600, 1200))


def test_the_environment_shows_what_the_lens_shows():
    """From the option of an environment to its pictures."""
    shown = {}
    for lens in (None, BARREL):
        config = make_config(reward=None, width=80, height=60, lens=lens)
        env = DeepRacerVectorEnv(config, 2)
        shown[lens], _ = env.reset(seed=0)
        env.close()
    assert shown[BARREL].shape == shown[None].shape == (2, 60, 80, 1)
    assert np.abs(shown[BARREL].astype(int) - shown[None]).mean() > 2.0


def test_an_engine_without_distortion_refuses_a_lens():
    config = make_config(engine="mujoco", reward=None, width=80, height=60, lens=BARREL)
    with pytest.raises(SimulationError, match="leave the lens out, or use engine 'planar'"):
        DeepRacerVectorEnv(config, 1)
