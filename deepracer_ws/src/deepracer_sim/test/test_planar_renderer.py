"""What planar cars see is right: as a slow ray caster and a formula worked out by hand have it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from deepracer_core.camera import CameraPreprocessor, Preprocessing
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.engine import ImageSpec
from deepracer_sim.palettes import BACKGROUND, Palette, PaletteSpread, draw_palettes
from deepracer_sim.planar.renderer import PlanarRenderer
from picture_samples import LUMA, STRAIGHT, TRACK, conditions, places, with_field
from slow_camera import SlowCamera

GRAY = ImageSpec(80, 60, gray=True)
CAMERA = VEHICLE.camera
EDGE = 60.0
"""The faintest edge is one of so many gray levels: from wall to field."""


def see(renderer, poses, **changes):
    poses = np.atleast_2d(np.asarray(poses, float))
    out = np.empty((len(poses), *renderer.image.shape), np.uint8)
    renderer.render(poses, conditions(len(poses), **changes), out)
    return out


@pytest.fixture(scope="module")
def slow_camera():
    return SlowCamera(TRACK)


@pytest.fixture(scope="module")
def own():
    """Renders TRACK in gray."""
    return PlanarRenderer(TRACK, GRAY, [Palette.of(TRACK.colours)])


@pytest.fixture(scope="module")
def straight():
    return PlanarRenderer(STRAIGHT, ImageSpec(gray=True), [Palette.of(STRAIGHT.colours)])


def assert_alike(picture, truth, mean):
    """Little difference on average, and edges within a pixel.

    An edge elsewhere would make pixels brighter or darker than all around them in the truth.
    """
    assert np.abs(picture - truth).mean() < mean
    around = np.ones((3, 3), np.uint8)
    brighter = picture - cv2.dilate(truth, around)
    darker = cv2.erode(truth, around) - picture
    assert max(brighter.max(), darker.max()) < EDGE / 3


@pytest.mark.parametrize("place", range(12))
def test_a_picture_is_what_a_ray_caster_sees(own, slow_camera, place):
    pose = places()[place]
    truth = slow_camera.picture(pose, 80, 60, rays=6) @ LUMA
    assert_alike(see(own, pose)[0].astype(float), truth, mean=0.9)


@pytest.mark.parametrize(
    ("pose", "seen"),
    [
        ((0.2, 0.2, np.pi / 4), "beside a corner of the field"),
        ((-0.4, 5.6, -2.5), "close to two walls"),
        ((8.4, 3.0, 0.0), "a wall from 0.03 m"),
        ((4.0, 2.0, -np.pi / 2), "straight along -y"),
        ((0.5, 3.0, 0.0), "straight along x, across the whole field"),
    ],
)
def test_walls_and_corners_are_where_a_ray_caster_sees_them(own, slow_camera, pose, seen):
    truth = slow_camera.picture(pose, 80, 60, rays=8) @ LUMA
    assert_alike(see(own, pose)[0].astype(float), truth, mean=0.9)


@pytest.mark.parametrize(
    ("change", "value", "argument"),
    [
        ("camera_x", 0.03, "ahead"),
        ("camera_z", -0.04, "up"),
        ("camera_z", 0.06, "up"),
        ("camera_pitch", 0.1, "pitch"),
        ("camera_pitch", -0.15, "pitch"),
        ("camera_fov", 0.8, "fov"),
        ("camera_fov", 1.3, "fov"),
    ],
)
def test_conditions_move_the_camera_as_they_say(own, slow_camera, change, value, argument):
    pose = places()[5]
    truth = slow_camera.picture(pose, 80, 60, rays=6, **{argument: value}) @ LUMA
    picture = see(own, pose, **{change: value})[0].astype(float)
    assert_alike(picture, truth, mean=1.0)
    assert np.abs(picture - see(own, pose)[0]).mean() > 2.0


@pytest.mark.parametrize("image", [ImageSpec(160, 120), ImageSpec(64, 48), ImageSpec(320, 240)])
def test_colours_and_sizes(slow_camera, image):
    renderer = PlanarRenderer(TRACK, image, [Palette.of(TRACK.colours)])
    pose = places()[7]
    truth = slow_camera.picture(pose, image.width, image.height, rays=3)
    assert np.abs(see(renderer, pose)[0] - truth).mean() < 1.1


def test_a_corner_of_a_dash_lands_on_the_pixel_of_the_pinhole_formula(straight):
    """Dash 1 begins at x = 1, y = -0.05..0.05; the car stands at the origin and looks along x.

    With f = 80 / tan(0.565) = 126.16 px the near left corner lies, by hand:
        ahead = 1 - 0.145294 = 0.854706, below = 0.130326
        depth = ahead cos 15 + below sin 15 = 0.859317
        row = 60 + f (below cos 15 - ahead sin 15) / depth = 46.00
        column = 80 - f 0.05 / depth = 72.66
    """
    picture = see(straight, (0.0, 0.0, 0.0))[0].astype(float)
    road, dash = LUMA @ STRAIGHT.colours.road, LUMA @ STRAIGHT.colours.dash
    share = (picture - road) / (dash - road)
    # the dash is seen above row 46; its lower edge is where the sum of the column's shares begins
    column, row = share[37:52, 80], share[44, 60:100]
    far = _row_of(1.5)
    assert 46.00 - column.sum() == pytest.approx(far, abs=0.3)
    assert _row_of(1.0) == pytest.approx(46.00, abs=0.01)
    assert share[47, 80] < 0.1
    assert share[44, 80] > 0.9
    assert row.sum() == pytest.approx(2 * 126.16 * 0.05 / _depth_of_row(44.5), abs=0.3)
    assert np.argmax(row > 0.5) + 60 == pytest.approx(72.66, abs=1.0)


def _row_of(x):
    ahead = x - CAMERA.x
    focal = 80 / np.tan(CAMERA.horizontal_fov / 2)
    sin, cos = np.sin(CAMERA.pitch), np.cos(CAMERA.pitch)
    return 60 + focal * (CAMERA.z * cos - ahead * sin) / (ahead * cos + CAMERA.z * sin)


def _depth_of_row(row):
    slope = (row - 60) / (80 / np.tan(CAMERA.horizontal_fov / 2))
    return CAMERA.z / (np.sin(CAMERA.pitch) + np.cos(CAMERA.pitch) * slope)


def test_left_is_left(straight):
    """From the right half of the road the left line is farther away, so its picture is narrower."""
    picture = see(straight, (0.0, -0.2, 0.0))[0]
    is_line = picture > 170
    assert is_line[:, 80:].sum() > is_line[:, :80].sum() > 0


def test_a_car_that_turns_left_sees_the_world_move_to_the_right(straight):
    def middle_of_dash(yaw):
        row = see(straight, (0.0, 0.0, yaw))[0][44, 40:120].astype(float)
        return 40 + np.average(np.arange(80), weights=row - row.min())

    assert middle_of_dash(0.1) > middle_of_dash(0.0) + 10
    assert middle_of_dash(-0.1) < middle_of_dash(0.0) - 10


def test_background_wall_and_ground_are_in_this_order():
    definition = with_field(TRACK, -20.0, -20.0, 30.0, 30.0)
    renderer = PlanarRenderer(definition, ImageSpec(), [Palette.of(definition.colours)])
    column = see(renderer, (25.0, 25.0, 0.6))[0][:, 80]
    seen = [tuple(colour) for colour in column[np.r_[True, (np.diff(column, axis=0) != 0).any(1)]]]
    order = [BACKGROUND, definition.colours.wall, definition.colours.field]
    assert [colour for colour in seen if colour in order] == order


@pytest.mark.parametrize("height", [0.02, 0.1])
def test_one_looks_over_walls_that_are_lower_than_the_lens(height):
    definition = replace(TRACK, wall_height=height)
    renderer = PlanarRenderer(definition, GRAY, [Palette.of(TRACK.colours)])
    truth = SlowCamera(definition).picture((6.9, 4.0, 0.2), 80, 60, rays=8) @ LUMA
    assert_alike(see(renderer, (6.9, 4.0, 0.2))[0].astype(float), truth, mean=0.9)


def test_a_batch_is_the_same_as_single_cars_bit_by_bit(own):
    poses = places(7)
    pitch = np.linspace(-0.1, 0.1, 7)
    together = see(own, poses, camera_pitch=pitch)
    for car in range(7):
        np.testing.assert_array_equal(
            see(own, poses[car], camera_pitch=pitch[car])[0], together[car]
        )
    np.testing.assert_array_equal(see(own, poses, camera_pitch=pitch), together)


def test_threads_render_the_same(own):
    poses = places(5)
    threaded = PlanarRenderer(TRACK, GRAY, [Palette.of(TRACK.colours)], threads=2)
    np.testing.assert_array_equal(see(threaded, poses), see(own, poses))


def test_cropped_rows_are_only_left_out(own):
    cropped = PlanarRenderer(TRACK, replace(GRAY, crop_top=15), [Palette.of(TRACK.colours)])
    assert cropped.image.shape == (45, 80)
    np.testing.assert_array_equal(see(cropped, places()), see(own, places())[:, 15:])


def test_each_car_sees_its_palette():
    palettes = draw_palettes(TRACK, 3, PaletteSpread((0.5, 1.5), 30.0), seed=3)
    image = ImageSpec(40, 30)
    renderer = PlanarRenderer(TRACK, image, palettes)
    pictures = see(renderer, np.tile(places()[0], (3, 1)), palette=[0, 1, 2])
    for picture, palette in zip(pictures, palettes):
        alone = see(PlanarRenderer(TRACK, image, [palette]), places()[0])[0]
        np.testing.assert_array_equal(picture, alone)


def test_gray_is_the_gray_of_the_colour_picture(own):
    colour = PlanarRenderer(TRACK, replace(GRAY, gray=False), [Palette.of(TRACK.colours)])
    for gray, rgb in zip(see(own, places()), see(colour, places())):
        expected = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        assert np.abs(gray.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("light", [0.5, 0.9, 1.2, 2.0])
def test_light_scales_all_values_up_to_white(own, light):
    lit = see(own, places(), light=light).astype(float)
    expected = np.minimum(see(own, places()) * light, 255)
    assert np.abs(lit - expected).max() <= 0.5 * light + 0.5


def test_directly_small_is_nearly_what_the_car_resizes(own):
    """The environment renders in the size of the network; car and ROS graph resize 640x480."""
    large = see(PlanarRenderer(TRACK, ImageSpec(640, 480), [Palette.of(TRACK.colours)]), places())
    small = see(own, places())
    resize = CameraPreprocessor(Preprocessing(width=80, height=60, colour="gray"))
    for picture, frame in zip(small, large):
        expected = resize.process(frame, encoding="rgb8")[0, 0].astype(float)
        assert np.abs(picture - expected).mean() < 0.9


def test_nothing_flickers_while_a_car_creeps_forward(own, slow_camera):
    """In steps of 1 mm no pixel changes more than in pictures of many rays."""
    x, y, yaw = places()[4]
    way = np.arange(12)[:, None] * 0.001
    poses = np.hstack((x + way * np.cos(yaw), y + way * np.sin(yaw), np.full_like(way, yaw)))
    changes = np.abs(np.diff(see(own, poses).astype(float), axis=0))
    truth = np.stack([slow_camera.picture(pose, 80, 60, rays=6) for pose in poses]) @ LUMA
    true_changes = np.abs(np.diff(truth, axis=0))
    assert changes.sum() < 1.1 * true_changes.sum()
    assert changes.max() < 1.5 * true_changes.max()


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e300, 1e6])
@pytest.mark.parametrize("entry", [0, 1, 2])
def test_impossible_poses_do_no_harm(own, value, entry):
    before = see(own, places())
    poses = places(3)
    poses[1, entry] = value
    pictures = see(own, poses)
    np.testing.assert_array_equal(pictures[[0, 2]], see(own, places(3)[[0, 2]]))
    np.testing.assert_array_equal(see(own, places()), before)
