from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.track.definition import Colours, DashPattern, Field, TrackDefinition
from deepracer_core.track.parts import track_parts


def make_track(closed: bool = True) -> TrackDefinition:
    angle = np.linspace(0, 2 * math.pi, 100, endpoint=False)
    line = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return TrackDefinition(
        name="ring",
        closed=closed,
        centre_line=line if closed else np.array([[0, 0], [1, 0], [2, 0]]),
        width=0.8,
        line_width=0.1,
        dash=DashPattern(length=0.25, gap=0.25, width=0.04),
        field=Field(-5, -4, 5, 4),
        wall_height=0.5,
        colours=Colours((0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11), (12, 13, 14)),
    )


@pytest.fixture(scope="module")
def parts():
    return {part.name: part for part in track_parts(make_track())}


def normals_and_areas(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of plane quads: half the cross product of the diagonals."""
    vectors = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]) / 2
    areas = np.linalg.norm(vectors, axis=1)
    return vectors / areas[:, None], areas


def test_each_part_has_its_colour(parts):
    assert {name: part.colour[0] for name, part in parts.items()} == {
        "field": 0,
        "walls": 3,
        "road": 6,
        "left_line": 9,
        "right_line": 9,
        "dashes": 12,
    }


@pytest.mark.parametrize("name", ["field", "road", "left_line", "right_line", "dashes"])
def test_flat_parts_face_up(parts, name):
    normals, _ = normals_and_areas(parts[name].quads)
    np.testing.assert_allclose(normals[:, 2], 1)


def test_areas_are_those_of_the_figures(parts):
    area = {name: normals_and_areas(part.quads)[1].sum() for name, part in parts.items()}
    assert area["field"] == 80
    assert area["walls"] == 2 * (10 + 8) * 0.5
    assert area["road"] == pytest.approx(2 * math.pi * 3 * 0.8, rel=0.01)
    assert area["left_line"] == pytest.approx(2 * math.pi * 2.65 * 0.1, rel=0.01)  # inside
    assert area["right_line"] == pytest.approx(2 * math.pi * 3.35 * 0.1, rel=0.01)


def test_walls_stand_on_the_ground_and_face_inwards(parts):
    quads = parts["walls"].quads
    normals, _ = normals_and_areas(quads)
    middle = quads.mean(axis=1)
    assert (np.einsum("ij,ij->i", normals, middle - (0, 0, 0.25)) < 0).all()
    assert (quads[:, :, 2].min(), quads[:, :, 2].max()) == (0, 0.5)


def test_covering_parts_lie_above_covered_ones(parts):
    heights = [parts[name].quads[0, 0, 2] for name in ("field", "road", "left_line")]
    assert heights == sorted(set(heights))
    assert parts["dashes"].quads[0, 0, 2] == parts["left_line"].quads[0, 0, 2]


def test_dashes_start_at_the_start_and_repeat(parts):
    quads = parts["dashes"].quads[:, :, :2]
    assert len(quads) == int(make_track().length / 0.5)
    middles = (quads[:, 0] + quads[:, 1]) / 2
    np.testing.assert_allclose(middles[0], (3, 0), atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(middles, axis=1), 3, atol=0.01)
    ends = (quads[:, 2] + quads[:, 3]) / 2
    np.testing.assert_allclose(np.linalg.norm(ends - middles, axis=1), 0.25, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1), 0.04)


def test_an_open_track_ends_where_it_ends():
    parts = {part.name: part for part in track_parts(make_track(closed=False))}
    np.testing.assert_allclose(parts["road"].quads[:, :, 0].max(), 2)
    assert len(parts["road"].quads) == 2
    assert len(parts["dashes"].quads) == 4
