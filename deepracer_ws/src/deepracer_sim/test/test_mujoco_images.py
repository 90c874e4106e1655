"""What the cameras of the engine `mujoco` see: colours, directions, conditions, objects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_core.objects import BOT_CAR, BOX, ObjectStates
from deepracer_core.track.definition import Field
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.engine import CarStates, ImageSpec, nominal_conditions
from deepracer_sim.mujoco_engine.camera_pose import camera_shots
from deepracer_sim.mujoco_engine.engine import MujocoEngine
from deepracer_sim.palettes import BACKGROUND, Palette, PaletteSpread, draw_palettes
from deepracer_sim.vehicle_profile import load_profile
from mujoco_samples import CAR, SMALL, TRACK, commands, make_engine, put, random_commands, starts

RGB = ImageSpec(width=160, height=120)
MIDDLE = np.array([4.0, 2.0, 0.5])  # on the field, inside the track


@pytest.fixture(scope="module")
def engine():
    """One car with an RGB camera, in three palettes."""
    palettes = draw_palettes(TRACK, 3, PaletteSpread((0.5, 1.5), 30.0), seed=1)
    engine = make_engine(1, RGB, palettes=palettes)
    engine.palettes = palettes
    yield engine
    engine.close()


def see(engine, pose, **conditions):
    """The picture (rows, columns, 3) of the car at a pose, as int."""
    changed = {name: np.array([value]) for name, value in conditions.items()}
    put(engine, [pose], replace(nominal_conditions(1), **changed))
    return engine.render()[0].astype(int)


def near(picture, colour, within=3):
    """Which pixels (rows, columns) have a colour."""
    return np.all(np.abs(picture - np.array(colour)) <= within, axis=-1)


def objects_at(engine, *poses_and_kinds):
    kinds = tuple(kind for _, kind in poses_and_kinds)
    poses = np.tile([pose for pose, _ in poses_and_kinds], (engine.cars, 1, 1)).astype(float)
    return ObjectStates(kinds, poses, np.zeros(poses.shape[:2]))


def ahead_of(pose, distance, left=0.0):
    x, y, yaw = pose
    return (
        x + distance * np.cos(yaw) - left * np.sin(yaw),
        y + distance * np.sin(yaw) + left * np.cos(yaw),
        yaw,
    )


@pytest.mark.parametrize("number", [0, 1, 2])
def test_everything_has_the_colour_of_its_palette(engine, number):
    palette = engine.palettes[number]
    at_start = see(engine, starts(1)[0], palette=number)
    across = see(engine, (7.0, 0.0, np.pi * 0.9), palette=number)
    for part in ("field", "wall", "road", "line", "dash"):
        shown = near(at_start, getattr(palette, part)) | near(across, getattr(palette, part))
        assert shown.any(), part
    assert near(across, palette.background, within=0).any()


def test_the_first_palette_is_the_tracks_own_and_the_sky_is_gray(engine):
    assert engine.palettes[0] == Palette.of(TRACK.colours)
    assert near(see(engine, starts(1)[0]), BACKGROUND, within=0).any()


def test_left_is_left_and_ahead_is_ahead(engine):
    pose = (3.06, 0.6827, 0.0)  # on the start line; the right border is a line's width to the right
    picture = see(engine, pose)
    white = near(picture, TRACK.colours.line, within=40)
    assert white[:, :80].any()
    assert white[:, 80:].any()
    further_left = see(engine, (3.06, 0.6827 + 0.25, 0.0))
    nearby = slice(80, 120)
    left, right = (
        near(further_left, TRACK.colours.field)[nearby, part]
        for part in (slice(0, 80), slice(80, 160))
    )
    assert left.sum() > right.sum()  # field beyond the left line comes closer
    # From the same place with the nose to the left, what was ahead moves to the right.
    dashes = np.nonzero(near(picture, TRACK.colours.dash, within=60))[1].mean()
    turned = np.nonzero(near(see(engine, (3.06, 0.6827, 0.2)), TRACK.colours.dash, within=60))[1]
    assert abs(dashes - 79.5) < 5
    assert turned.mean() > dashes + 10


def test_the_horizon_is_where_the_pitch_puts_it(engine):
    """The lower edge of a far wall is a little below the horizon, the middle of it above."""
    picture = see(engine, (0.0, 2.5, 0.0))  # the wall ahead is 8.4 m from the lens
    column = near(picture, TRACK.colours.wall)[:, 80]
    lowest = np.nonzero(column)[0].max()
    focal = 80 / np.tan(1.13 / 2)
    expected = 60 - focal * np.tan(0.2618 - np.arctan2(0.130326, 8.575 - 0.145294))
    assert lowest + 1 == pytest.approx(expected, abs=1.0)


def test_camera_conditions_move_the_picture(engine):
    pose = starts(1)[0]
    nominal = see(engine, pose)
    for name, value in (
        ("camera_pitch", 0.05),
        ("camera_z", 0.03),
        ("camera_x", 0.05),
        ("camera_fov", 1.1),
    ):
        assert np.abs(see(engine, pose, **{name: value}) - nominal).mean() > 0.5, name
    down = see(engine, pose, camera_pitch=0.05)
    lowest = [np.nonzero(near(p, TRACK.colours.wall)[:, 80])[0].max() for p in (nominal, down)]
    assert lowest[1] < lowest[0]  # looking down, the wall moves up


def test_light_scales_all_values_and_saturates(engine):
    pose = starts(1)[0]
    nominal = see(engine, pose)
    np.testing.assert_allclose(see(engine, pose, light=0.5), nominal / 2, atol=0.51)
    np.testing.assert_allclose(
        see(engine, pose, light=2.0), np.minimum(nominal * 2, 255), atol=0.51
    )


def test_gray_and_cropped_pictures_are_the_same_picture(engine):
    pose = starts(1)[0]
    colour = see(engine, pose)
    gray = make_engine(1, replace(RGB, gray=True))
    cropped = make_engine(1, replace(RGB, gray=True, crop_top=30))
    for other in (gray, cropped):
        put(other, [pose])
    luma = colour @ (0.299, 0.587, 0.114)
    np.testing.assert_allclose(gray.render()[0], luma, atol=1.0)
    assert cropped.render().shape == (1, 90, 160)
    np.testing.assert_allclose(cropped.render()[0], luma[30:], atol=2.0)
    gray.close()
    cropped.close()


def test_objects_are_seen_where_they_are(engine):
    empty = see(engine, MIDDLE)
    left, right = ahead_of(MIDDLE, 1.2, left=0.4), ahead_of(MIDDLE, 1.2, left=-0.4)
    engine.place_objects(objects_at(engine, (left, BOX)))
    changed = np.abs(see(engine, MIDDLE) - empty).max(axis=-1) > 10
    assert changed[:, :80].mean() > 0.1
    assert not changed[:, 90:].any()
    engine.place_objects(objects_at(engine, (right, BOX)))  # the same kinds, moved
    moved = np.abs(see(engine, MIDDLE) - empty).max(axis=-1) > 10
    assert not moved[:, :70].any()
    assert moved[:, 80:].mean() == pytest.approx(changed[:, :80].mean(), rel=0.1)


def test_a_box_has_its_size(engine):
    engine.place_objects(objects_at(engine, (ahead_of(MIDDLE, 2.0), BOX)))
    box = near(see(engine, MIDDLE), (150, 111, 72))
    rows, columns = np.nonzero(box)
    focal = 80 / np.tan(1.13 / 2)
    distance = (2.0 - 0.2 - 0.145294) * np.cos(0.2618)
    assert np.ptp(columns) + 1 == pytest.approx(focal * 0.3 / distance, rel=0.1)
    assert np.ptp(rows) + 1 == pytest.approx(focal * 0.25 / distance, rel=0.25)


def test_a_bot_car_looks_like_a_car(engine):
    engine.place_objects(objects_at(engine, (ahead_of(MIDDLE, 1.0), BOT_CAR)))
    picture = see(engine, MIDDLE)
    orange = near(picture, (255, 153, 0), within=4)  # the stripe on its tail, towards us
    assert orange.sum() > 10
    assert np.nonzero(orange)[1].mean() == pytest.approx(79.5, abs=2)
    dark = np.all(picture < 45, axis=-1)
    assert dark.sum() > 300


def test_each_car_sees_its_own_objects_only():
    engine = make_engine(2)
    put(engine, [MIDDLE, MIDDLE])
    poses = np.array([[ahead_of(MIDDLE, 1.0)], [ahead_of(MIDDLE, -1.0)]])
    engine.place_objects(ObjectStates((BOX,), poses, np.zeros((2, 1))))
    first, second = engine.render().astype(int)
    assert np.abs(first - second).max() > 50
    engine.place_objects(ObjectStates((BOX,), poses[::-1].copy(), np.zeros((2, 1))))
    np.testing.assert_array_equal(engine.render(), [second, first])
    engine.close()


def test_pictures_repeat_and_do_not_depend_on_company():
    plan = random_commands(3, 10)
    poses = starts(3)
    conditions = replace(nominal_conditions(3), light=np.array([1.0, 0.7, 1.2]))
    together, alone = make_engine(3), make_engine(1)
    put(together, poses, conditions)
    put(alone, poses[[1]], conditions.of(np.array([1])))
    for rows in plan:
        together.step(rows)
        alone.step(rows[[1]])
    images = together.render().copy()
    np.testing.assert_array_equal(images[1], alone.render()[0])
    np.testing.assert_array_equal(images, together.render())
    np.testing.assert_array_equal(images[[2, 0]], together.render(np.array([2, 0])))
    together.close()
    alone.close()


def test_the_camera_tilts_with_the_car():
    """Nose up by 0.05 rad shows what a camera sees that is mounted 0.05 rad higher, nearly."""
    states = CarStates(
        position=np.array([[*MIDDLE[:2], 0.0]]),
        orientation=np.array([[0.0, np.sin(-0.025), 0.0, np.cos(-0.025)]]),
        velocity=np.zeros((1, 2)),
        yaw_rate=np.zeros(1),
        joints=np.zeros((1, 6)),
    )
    tilted = camera_shots(states, nominal_conditions(1), RGB)[0]
    pitch = VEHICLE.camera.pitch - 0.05
    np.testing.assert_allclose(tilted.forward, (np.cos(pitch), 0.0, -np.sin(pitch)), atol=1e-12)
    lens = np.array([VEHICLE.camera.x, VEHICLE.camera.z])
    turn = np.array([[np.cos(0.05), -np.sin(0.05)], [np.sin(0.05), np.cos(0.05)]])
    np.testing.assert_allclose(tilted.position[[0, 2]] - (MIDDLE[0], 0.0), turn @ lens, atol=1e-12)


@pytest.mark.parametrize("length", [90.0, 200.0])
def test_long_open_tracks_are_seen_to_their_end(length):
    line = np.column_stack((np.arange(0.0, length, 1.0), np.zeros(int(length))))
    definition = replace(
        TRACK, closed=False, centre_line=line, field=Field(-1.0, -1.0, length, 1.0)
    )
    engine = MujocoEngine(definition, CAR, load_profile(), 2, RGB)
    put(engine, [(2.0, 0.0, 0.0), (length - 10.0, 0.0, 0.0)])
    for picture in engine.render().astype(int):
        assert near(picture, TRACK.colours.line, within=30)[:, :80].sum() > 100
        assert near(picture, TRACK.colours.line, within=30)[:, 80:].sum() > 100
        assert near(picture, TRACK.colours.field).sum() > 100
        assert np.ptp(picture[100, 40:120].mean(axis=1)) < 150  # road and at most a dash
    engine.close()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_commands_that_are_not_finite_are_refused(value):
    engine = make_engine(2, SMALL)
    put(engine, starts(2))
    rows = commands((0.0, 1.0), (0.0, 1.0))
    rows[1, 0] = value
    before = engine.states.position
    with pytest.raises(SimulationError):
        engine.step(rows)
    np.testing.assert_array_equal(engine.states.position, before)
    engine.close()
