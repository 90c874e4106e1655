"""The picture of track and car, looked at where its content is known."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from deepracer_core.errors import DeepRacerError
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.cli import snapshot
from deepracer_sim.worlds import find_track

WIDTH = 800


@pytest.fixture(scope="module")
def track():
    return find_track("reinvent_2018")


@pytest.fixture(scope="module")
def picture(track):
    return snapshot.draw_snapshot(track, track.start_pose, WIDTH)


def pixel(image: np.ndarray, track, x: float, y: float) -> tuple[int, ...]:
    """Colour of the picture at a point of the map frame [m]."""
    field, margin = track.field, snapshot.MARGIN
    scale = image.shape[1] / (field.x_max - field.x_min + 2 * margin)
    column, row = (x - field.x_min + margin) * scale, (field.y_max + margin - y) * scale
    return tuple(image[int(row), int(column)].tolist())


def test_it_shows_the_whole_field_in_proportion(picture, track):
    field = track.field
    wide = field.x_max - field.x_min + 2 * snapshot.MARGIN
    high = field.y_max - field.y_min + 2 * snapshot.MARGIN + snapshot.CAPTION_HEIGHT
    assert picture.shape == (round(WIDTH * high / wide), WIDTH, 3)
    assert picture.dtype == np.uint8


def test_each_part_is_where_the_definition_puts_it_in_its_colour(picture, track):
    colours, waypoint = track.colours, 60
    assert pixel(picture, track, 2.5, 2.5) == colours.field
    assert pixel(picture, track, track.field.x_min, 2.5) == colours.wall
    for distance, colour in (
        (0.2, colours.road),
        (-0.2, colours.road),
        (track.width / 2 - track.line_width / 2, colours.line),
        (-track.width / 2 + track.line_width / 2, colours.line),
        (track.width / 2 + 0.05, colours.field),
    ):
        assert pixel(picture, track, *track.offset(distance)[waypoint]) == colour


def test_left_of_the_start_is_up_in_the_picture(picture, track):
    x, y, _ = track.start_pose
    assert pixel(picture, track, x + 1, y + 0.6) == track.colours.field
    assert pixel(picture, track, x + 1, y - 0.2) == track.colours.road


@pytest.mark.parametrize("yaw", [0.0, math.pi / 2, -2.5])
def test_the_car_stands_at_the_pose_and_looks_along_its_yaw(track, yaw):
    image = snapshot.draw_snapshot(track, (2.5, 2.5, yaw), 2400)

    def on_car(ahead: float, left: float) -> tuple[int, ...]:
        c, s = math.cos(yaw), math.sin(yaw)
        return pixel(image, track, 2.5 + c * ahead - s * left, 2.5 + s * ahead + c * left)

    assert on_car(-0.02, 0) == snapshot.BODY
    assert on_car(VEHICLE.camera.x - 0.011, 0) == snapshot.TRIM
    assert on_car(-0.14, 0) == snapshot.ACCENT
    wheel = VEHICLE.rear_track / 2
    assert on_car(VEHICLE.rear_axle_x, wheel) == snapshot.TYRE
    assert on_car(VEHICLE.rear_axle_x, -wheel) == snapshot.TYRE
    assert on_car(VEHICLE.footprint_length, 0) == track.colours.field


def test_an_open_track_is_drawn_too(track):
    half = replace(track, closed=False, centre_line=track.centre_line[:60])
    image = snapshot.draw_snapshot(half, half.start_pose, WIDTH)
    assert pixel(image, track, *track.centre_line[100]) == track.colours.field


def test_the_command_writes_a_png(tmp_path, monkeypatch, capsys):
    output = tmp_path / "picture.png"
    arguments = ["--output", str(output), "--width", "400", "--pose", "4", "2", "1.5"]
    monkeypatch.setattr("sys.argv", ["snapshot", *arguments])
    snapshot.main()
    assert cv2.imread(str(output)).shape[1] == 400
    assert capsys.readouterr().out == f"{output}: reinvent_2018, 400 x 301 pixels\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--track", "oval"], "track 'oval' not found"),
        (["--width", "4001"], "--width 4001: use 200 to 4000 pixels"),
        (["--width", "199"], "--width 199"),
        (["--output", "track.jpg"], "--output track.jpg: the picture is a PNG"),
        (["--pose", "0", "nan", "0"], "--pose"),
        (["--output", "/nowhere/track.png"], "/nowhere/track.png"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DeepRacerError, match=message):
        snapshot.write_snapshot(snapshot.parse_arguments(arguments))
    assert list(tmp_path.iterdir()) == []
