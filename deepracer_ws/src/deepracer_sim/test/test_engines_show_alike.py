"""Both engines show the same picture: at twelve places, in gray and colour, in all conditions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import ImageSpec
from deepracer_sim.mujoco_engine.engine import MujocoEngine
from deepracer_sim.palettes import PaletteSpread, draw_palettes
from deepracer_sim.planar.engine import PlanarEngine
from deepracer_sim.vehicle_profile import load_profile
from picture_samples import LUMA, ROOT, TRACK, conditions, places

CAR = load_car_model(ROOT / "urdf/deepracer.urdf.xacro")
PALETTES = draw_palettes(TRACK, 3, PaletteSpread((0.6, 1.4), 30.0), seed=1)
CARS = np.arange(12)

MEAN = 6.0
"""Largest mean absolute difference of a picture [gray levels]."""

GRAY = ImageSpec(gray=True)


@pytest.fixture(scope="module")
def see():
    """Renders the twelve places by both engines, (2, 12, rows, columns, ...) as int."""
    engines = {}

    def render(image=GRAY, **changes):
        if image not in engines:
            arguments = TRACK, CAR, load_profile(), len(CARS), image, PALETTES
            engines[image] = PlanarEngine(*arguments), MujocoEngine(*arguments)
        for engine in engines[image]:
            engine.reset(CARS, places(), conditions(len(CARS), **changes))
        return np.stack([engine.render().astype(int) for engine in engines[image]])

    yield render
    for pair in engines.values():
        for engine in pair:
            engine.close()


def difference(one, other):
    """Mean absolute difference of each picture."""
    return np.abs(one - other).reshape(len(one), -1).mean(axis=1)


@pytest.mark.parametrize(
    "image",
    [GRAY, ImageSpec(), ImageSpec(80, 60, gray=True, crop_top=15), ImageSpec(320, 240, gray=True)],
    ids=lambda image: f"{image.width}x{image.rows} {'gray' if image.gray else 'rgb'}",
)
def test_pictures_differ_by_a_few_gray_levels_at_most(see, image):
    planar, mujoco = see(image)
    assert difference(planar, mujoco).max() < MEAN
    assert mujoco.mean() == pytest.approx(planar.mean(), abs=1.0)


def test_edges_are_within_a_pixel(see):
    """Strong differences are found at edges only, and vanish when either side may move a pixel."""
    planar, mujoco = (np.uint8(pictures) for pictures in see())
    around = np.ones((3, 3), np.uint8)
    for one, other in zip(planar, mujoco):
        low, high = cv2.erode(one, around).astype(int), cv2.dilate(one, around).astype(int)
        beyond = np.maximum(low - other, other - high)
        assert (beyond > 25).mean() < 0.003  # dashes far away, which only one of them blurs


@pytest.mark.parametrize("shift", [(0, 1), (0, -1), (1, 0), (-1, 0)])
def test_moving_a_picture_by_a_pixel_makes_them_less_alike(see, shift):
    planar, mujoco = see()
    moved = np.roll(planar, shift, axis=(1, 2))
    inside = slice(None), slice(1, -1), slice(1, -1)
    assert (
        difference(planar[inside], mujoco[inside]) < difference(moved[inside], mujoco[inside])
    ).all()


def test_a_mirrored_picture_is_another_one(see):
    planar, mujoco = see()
    assert (difference(planar[:, :, ::-1], mujoco) > 2 * difference(planar, mujoco)).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("camera_x", 0.02),
        ("camera_z", 0.03),
        ("camera_pitch", 0.08),
        ("camera_pitch", -0.08),
        ("camera_fov", 0.85),
        ("camera_fov", 1.2),
        ("light", 0.6),
        ("light", 1.4),
        ("palette", 1),
        ("palette", 2),
    ],
)
def test_a_condition_changes_both_alike(see, name, value):
    planar, mujoco = see(**{name: value})
    nominal, _ = see()
    assert difference(planar, mujoco).max() < MEAN
    assert difference(planar, nominal).mean() > 1.5 * difference(planar, mujoco).mean()


def test_the_nominal_brightness_is_that_of_the_definition(see):
    """The lower third sees nothing but the road and its marks: its median is the road's gray."""
    for pictures in see():
        assert np.median(pictures[:, 80:]) == pytest.approx(LUMA @ TRACK.colours.road, abs=1)
