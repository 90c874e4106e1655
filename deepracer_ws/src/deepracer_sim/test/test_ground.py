"""The picture of the ground shows the track definition: where, how wide, in which colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from deepracer_core.track.definition import Field
from deepracer_core.track.parts import track_parts
from deepracer_sim import ground as ground_module
from deepracer_sim.ground import MAX_PIXELS, MAX_SIDE, ground_image
from deepracer_sim.palettes import Palette
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_samples import LUMA, STRAIGHT, TRACK, with_field

OWN = Palette.of(TRACK.colours)


@pytest.fixture(scope="module")
def track_ground():
    return ground_image(TRACK, OWN)


@pytest.fixture(scope="module")
def straight_ground():
    return ground_image(STRAIGHT, Palette.of(STRAIGHT.colours))


def colour_at(ground, x, y):
    rows, columns, _ = ground.image.shape
    field = ground.field
    row = int((y - field.y_min) / (field.y_max - field.y_min) * rows)
    column = int((x - field.x_min) / (field.x_max - field.x_min) * columns)
    return tuple(ground.image[row, column].tolist())


def test_pixels_of_the_shipped_track_are_5_mm(track_ground):
    rows, columns, _ = track_ground.image.shape
    field = TRACK.field
    assert (field.x_max - field.x_min) / columns == pytest.approx(0.005, rel=1e-3)
    assert (field.y_max - field.y_min) / rows == pytest.approx(0.005, rel=1e-3)


@pytest.mark.parametrize(
    ("x", "y", "part"),
    [
        (1.25, 0.0, "dash"),
        (1.75, 0.0, "road"),
        (1.25, 0.06, "road"),
        (1.25, 0.39, "road"),
        (1.25, 0.41, "line"),
        (1.25, 0.49, "line"),
        (1.25, 0.51, "field"),
        (1.25, -0.45, "line"),
        (1.25, -2.9, "field"),
        (-0.02, 0.2, "field"),
        (0.02, 0.2, "road"),
        (5.98, 0.2, "road"),
        (6.02, 0.2, "field"),
    ],
)
def test_parts_lie_where_the_definition_has_them(straight_ground, x, y, part):
    assert colour_at(straight_ground, x, y) == getattr(STRAIGHT.colours, part)


def test_row_0_lies_at_y_min_and_column_0_at_x_min():
    # the only road runs close to the lower and left side of the field
    definition = with_field(STRAIGHT, -0.5, -0.6, 8.0, 4.0)
    image = ground_image(definition, Palette.of(STRAIGHT.colours)).image
    rows, columns, _ = image.shape
    is_field = (image == STRAIGHT.colours.field).all(axis=2)
    assert not is_field[: rows // 4, : columns // 8].all()
    assert is_field[rows // 2 :].all()
    assert is_field[:, columns * 7 // 8 :].all()


def test_every_part_covers_its_exact_area():
    """Each part in one channel: the sum of the channel is its area."""
    area = {part.name: shapely.polygons(part.quads[:, :, :2]) for part in track_parts(TRACK)}
    area = {name: shapely.area(polygons).sum() for name, polygons in area.items()}
    lines = area["left_line"] + area["right_line"]
    black, full = (0, 0, 0), 250
    palette = Palette(black, black, (full, 0, 0), (0, full, 0), (0, 0, full))
    image = ground_image(TRACK, palette).image
    pixel = area["field"] / (image.shape[0] * image.shape[1])
    road, line, dash = image.sum(axis=(0, 1)) * pixel / full
    assert line == pytest.approx(lines, rel=1e-3)
    assert dash == pytest.approx(area["dashes"], rel=2e-3)
    assert road == pytest.approx(area["road"] - lines - area["dashes"], rel=1e-3)


def test_a_border_between_field_and_line_is_a_mixture_of_both(track_ground):
    """No dark fringe of the road below the line shines through."""
    border = shapely.LinearRing(TRACK.offset(-TRACK.width / 2))
    points = [border.interpolate(way) for way in np.arange(0.0, border.length, 0.01)]
    gray = [LUMA @ colour_at(track_ground, point.x, point.y) for point in points]
    darkest = LUMA @ TRACK.colours.field
    assert min(gray) >= darkest - 1
    assert np.ptp(gray) > 50


def test_a_large_field_gets_larger_pixels():
    definition = with_field(STRAIGHT, -40.0, -30.0, 50.0, 30.0)
    image = ground_image(definition, Palette.of(STRAIGHT.colours)).image
    rows, columns, _ = image.shape
    assert 0.95 * MAX_PIXELS < rows * columns < 1.01 * MAX_PIXELS
    assert columns / rows == pytest.approx(1.5, rel=0.01)


def test_a_long_and_narrow_field_stays_within_what_a_texture_can_be():
    definition = with_field(STRAIGHT, -1.0, -0.6, 900.0, 0.6)
    image = ground_image(definition, Palette.of(STRAIGHT.colours)).image
    assert image.shape[1] == MAX_SIDE
    assert (image[image.shape[0] // 2] != STRAIGHT.colours.field).any()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 8.0), st.floats(0.0, 6.0)), min_size=3, max_size=3, unique=True
    )
)
def test_coverage_is_the_exact_area_of_the_polygon_in_each_pixel(corners):
    triangle = shapely.Polygon(corners)
    corners = np.array(corners)[[0, 1, 2, 2]]
    grid = ground_module._Grid(Field(0.0, 0.0, 8.0, 6.0), 1.0)
    covered = grid.coverage(corners[None])
    pixels = shapely.box(*np.meshgrid(np.arange(8), np.arange(6)), *np.meshgrid(*_upper(8, 6)))
    expected = shapely.area(shapely.intersection(pixels, triangle))
    np.testing.assert_allclose(covered, expected, atol=1e-5)


def _upper(columns, rows):
    return np.arange(columns) + 1, np.arange(rows) + 1


def test_colours_come_from_the_palette():
    other = replace(Palette.of(STRAIGHT.colours), field=(1, 2, 3), dash=(250, 251, 252))
    ground = ground_image(STRAIGHT, other)
    assert colour_at(ground, 1.25, 0.0) == (250, 251, 252)
    assert colour_at(ground, 9.0, 2.0) == (1, 2, 3)
