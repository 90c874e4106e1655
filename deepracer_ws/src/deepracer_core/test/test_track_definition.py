from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from deepracer_core.errors import TrackError
from deepracer_core.track.definition import (
    MAX_POINTS,
    Colours,
    DashPattern,
    Field,
    TrackDefinition,
    find_definition,
    load_definition,
    save_definition,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

GREY = (128, 128, 128)


def circle(radius: float = 2.0, points: int = 40) -> np.ndarray:
    angle = np.linspace(0, 2 * math.pi, points, endpoint=False)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def make_track(**changes) -> TrackDefinition:
    values = {
        "name": "ring",
        "closed": True,
        "centre_line": circle(),
        "width": 0.8,
        "line_width": 0.05,
        "dash": DashPattern(0.05, 0.05, 0.02),
        "field": Field(-4, -4, 4, 4),
        "wall_height": 1.0,
        "colours": Colours(GREY, GREY, GREY, GREY, (255, 0, 7)),
    }
    return TrackDefinition(**{**values, **changes})


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "track.yaml"
    save_definition(make_track(), path, comment="A ring.\n\nFor tests.")
    return path


def rewrite(path: Path, **changes) -> Path:
    data = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        if value is ...:
            del data[key]
        else:
            data[key] = value
    path.write_text(yaml.safe_dump(data))
    return path


def test_a_saved_definition_is_read_back(written: Path):
    assert written.read_text().startswith("# A ring.\n#\n# For tests.\nname: ring\n")
    loaded, original = load_definition(written), make_track()
    np.testing.assert_array_equal(loaded.centre_line, original.centre_line)
    for field in ("name", "closed", "width", "line_width", "dash", "field", "colours"):
        assert getattr(loaded, field) == getattr(original, field)


def test_points_cannot_be_changed_afterwards():
    points = circle()
    track = make_track(centre_line=points)
    points[0] = 100.0
    assert track.centre_line[0, 0] == 2.0
    with pytest.raises(ValueError, match="read-only"):
        track.centre_line[0] = 0.0


def test_length_and_start_pose():
    track = make_track()
    assert track.length == pytest.approx(40 * 2 * 2.0 * math.sin(math.pi / 40))
    x, y, yaw = track.start_pose
    assert (x, y) == (2.0, 0.0)
    assert yaw == pytest.approx(math.pi / 2 + math.pi / 40)


def test_offset_is_left_of_the_drive_direction():
    track = make_track()
    np.testing.assert_allclose(track.offset(0.4), circle(1.6), atol=1e-12)
    np.testing.assert_allclose(track.offset(-0.4), circle(2.4), atol=1e-12)


def test_offset_of_an_open_track_is_square_at_its_ends():
    track = make_track(closed=False, centre_line=[[0, 0], [1, 0], [2, 0], [2, 2]])
    moved = track.offset(0.1)
    np.testing.assert_allclose(moved[0], (0, 0.1))
    np.testing.assert_allclose(moved[-1], (1.9, 2))
    assert track.length == 4.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": ...}, "field 'width' is missing"),
        ({"speed": 3}, "unknown field 'speed'"),
        ({"name": "../etc"}, "name: expected 1 to 64"),
        ({"name": 7}, "name: expected text, found 7"),
        ({"closed": "yes"}, "closed: expected true or false, found 'yes'"),
        ({"width": True}, "width: expected a number"),
        ({"width": math.nan}, "width: expected a number"),
        ({"width": 10**400}, "width: expected a number"),
        ({"width": 0}, "width: expected a length of at least 0.001 m"),
        ({"width": 0.11}, "width: two lines and the dashes leave no road"),
        ({"line_width": -0.05}, "line_width: expected a length"),
        ({"wall_height": "1"}, "wall_height: expected a number"),
        ({"dash": [0.1, 0.1]}, "dash: expected a mapping with length, gap, width"),
        ({"dash": {"length": 1e-9, "gap": 1e-9, "width": 0.1}}, "dash.length: expected a length"),
        ({"dash": {"length": 1, "gap": 1, "width": None}}, "dash.width: expected a number"),
        (
            {"field": {"x_min": 4, "y_min": -4, "x_max": -4, "y_max": 4}},
            "field.x_max - field.x_min",
        ),
        (
            {"field": {"x_min": -2, "y_min": -4, "x_max": 4, "y_max": 4}},
            "field: the road leaves it",
        ),
        ({"colours": {"road": [0, 0, 0]}}, "colours: field 'field' is missing"),
        ({"centre_line": "circle"}, "centre_line: expected a list of 3"),
        ({"centre_line": [[0, 0], [1, 1]]}, "centre_line: expected a list of 3"),
        ({"centre_line": [[0, 0]] * (MAX_POINTS + 1)}, "centre_line: expected a list of 3"),
        ({"centre_line": [[0, 0], [1, 0], [1]]}, r"centre_line\[2\]: expected a point"),
        ({"centre_line": [[0, 0], [1, 0], [1, "a"]]}, r"centre_line\[2\]: expected a number"),
        ({"centre_line": [[0, 0], [1, 0], [1, 2000]]}, r"centre_line\[2\]: expected a number"),
        ({"centre_line": [[0, 0], [1, 0], [1, 1], [0, 0]]}, r"centre_line\[3\] and the next point"),
        ({"centre_line": [[0, 0], [1, 0], [0, 1e-3]]}, "tighter than half the width"),
    ],
)
def test_a_broken_field_is_named_with_file_and_reason(written: Path, change, message):
    with pytest.raises(TrackError, match=message) as caught:
        load_definition(rewrite(written, **change))
    assert str(caught.value).startswith(f"{written}: ")


@pytest.mark.parametrize("value", [[1, 2], [1, 2, 256], [1, 2, -1], [1, 2, 3.0], "red"])
def test_a_colour_has_three_bytes(written: Path, value):
    colours = {part: list(GREY) for part in ("field", "wall", "road", "line", "dash")}
    with pytest.raises(TrackError, match=r"colours.dash: expected \[red, green, blue\]"):
        load_definition(rewrite(written, colours={**colours, "dash": value}))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"- 1",
        b"a: [",
        b"\xff\xfe\x00",
        b"a: !!python/object/apply:os.system [true]",
        b"a: !!int ''",
        b"a: !!bool maybe",
        b"a: !!timestamp soon",
        b"a: 2001-99-99",
        b"? [a]\n: 1",
        b"<<: 3",
        b"[" * 100_000,
        b"a: " + b"9" * 10_000,
        b"x" * (2 << 20),
    ],
)
def test_hostile_text_is_refused(tmp_path: Path, text: bytes):
    path = tmp_path / "track.yaml"
    path.write_bytes(text)
    with pytest.raises(TrackError, match=r"track\.yaml: "):
        load_definition(path)


def test_an_alias_bomb_is_refused_with_a_short_message(written: Path):
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    written.write_text(bomb + "centre_line: *a11\n")
    with pytest.raises(TrackError) as caught:
        load_definition(written)
    assert len(str(caught.value)) < 1000


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_field_of_any_content_loads_or_is_refused(tmp_path: Path, data: st.DataObject):
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=8,
    )
    path = tmp_path / "track.yaml"
    save_definition(make_track(centre_line=circle(points=12)), path)
    keys = list(yaml.safe_load(path.read_text()))
    rewrite(path, **{data.draw(st.sampled_from(keys)): data.draw(anything)})
    try:
        load_definition(path)
    except TrackError as error:
        assert str(path) in str(error)  # noqa: PT017 (both outcomes are right)


def test_an_unreadable_file_is_named(tmp_path: Path):
    with pytest.raises(TrackError, match=r"nowhere\.yaml: cannot read it: No such file"):
        load_definition(tmp_path / "nowhere.yaml")
    with pytest.raises(TrackError, match="cannot read it: Is a directory"):
        load_definition(tmp_path)


def test_values_built_in_python_are_checked_too():
    with pytest.raises(TrackError, match="not finite"):
        make_track(centre_line=[[0, 0], [1, 0], [math.nan, 1]])
    with pytest.raises(TrackError, match=r"an \(N, 2\) array"):
        make_track(centre_line=np.zeros((5, 3)))
    with pytest.raises(TrackError, match="width"):
        replace(make_track(), width=math.nan)


def test_own_worlds_are_found_before_the_shipped_ones(tmp_path: Path, monkeypatch):
    shipped, own, empty = tmp_path / "shipped", tmp_path / "own", tmp_path / "empty"
    for folder, height in ((shipped, 1.0), (own, 2.0)):
        (folder / "ring").mkdir(parents=True)
        save_definition(make_track(wall_height=height), folder / "ring" / "track.yaml")
    monkeypatch.delenv("DEEPRACER_WORLDS", raising=False)
    assert find_definition("ring", [shipped]).wall_height == 1.0
    monkeypatch.setenv("DEEPRACER_WORLDS", f"{empty}::{own}")
    assert find_definition("ring", [shipped]).wall_height == 2.0
    with pytest.raises(TrackError, match=r"'oval' not found \(searched: .*own.*shipped.*DEEPRACER"):
        find_definition("oval", [shipped])


@pytest.mark.parametrize("name", ["", "../ring", "a/b", "x" * 65, "-x", "ring\n"])
def test_a_track_name_cannot_leave_the_worlds(name: str):
    with pytest.raises(TrackError, match="track name"):
        find_definition(name)
