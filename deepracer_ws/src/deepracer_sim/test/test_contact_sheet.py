"""The contact sheet shows the track, the places and every picture, or says why it cannot."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from deepracer_core.track.definition import save_definition
from deepracer_sim import contact_sheet
from picture_samples import ROOT, STRAIGHT, TRACK


@pytest.fixture(autouse=True)
def _urdf_of_the_source_tree(monkeypatch):
    monkeypatch.setattr(
        "deepracer_sim.engine_factory.find_urdf", lambda: ROOT / "urdf/deepracer.urdf.xacro"
    )


@pytest.fixture
def _straight_world(tmp_path, monkeypatch):
    (tmp_path / "straight").mkdir()
    save_definition(STRAIGHT, tmp_path / "straight" / "track.yaml")
    monkeypatch.setenv("DEEPRACER_WORLDS", str(tmp_path))


def test_it_shows_what_the_engine_renders():
    poses = contact_sheet.places(TRACK)
    pictures = contact_sheet.see(TRACK, "planar", "none", poses, seed=0)
    sheet = contact_sheet.contact_sheet(TRACK, ["planar"], ["none"])
    assert len(pictures) == 12
    for picture in pictures:
        assert _is_in(picture, sheet)


def test_a_level_changes_pictures_but_not_the_places():
    poses = contact_sheet.places(TRACK)
    calm = contact_sheet.see(TRACK, "planar", "none", poses, seed=0)
    mild = contact_sheet.see(TRACK, "planar", "mild", poses, seed=0)
    again = contact_sheet.see(TRACK, "planar", "mild", poses, seed=0)
    np.testing.assert_array_equal(mild, again)
    assert np.abs(calm.astype(int) - mild).mean() > 3


def test_places_are_equally_far_apart_from_the_start_on():
    poses = contact_sheet.places(TRACK)
    assert poses[0] == pytest.approx(TRACK.start_pose)
    gaps = np.hypot(*np.diff(poses[:, :2], axis=0).T)
    assert gaps.max() < TRACK.length / 12 + 1e-9


@pytest.mark.usefixtures("_straight_world")
def test_the_command_writes_a_png(tmp_path, capsys):
    output = tmp_path / "sheet.png"
    options = ["--track", "straight", "--engines", "planar", "--levels", "none", "strong"]
    contact_sheet.main([*options, "--output", str(output)])
    image = cv2.imread(str(output))
    assert capsys.readouterr().out == f"{output}: {image.shape[1]} x {image.shape[0]} pixels\n"
    blocks = 2 * (2 * (120 + 8) + contact_sheet.CAPTION)
    assert image.shape[0] == contact_sheet.TOP_VIEW_HEIGHT + contact_sheet.CAPTION + blocks


@pytest.mark.usefixtures("_straight_world")
@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--output", "sheet.jpg"], "use a name in .png"),
        (["--track", "nowhere"], "'nowhere' not found"),
        (["--levels", "wild"], "no randomisation level 'wild'"),
        (["--engines", "steam"], "no engine 'steam'"),
    ],
)
def test_what_is_wrong_is_said(option, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        contact_sheet.main(["--track", "straight", *option])
    assert message in str(stop.value)
    assert not list(tmp_path.glob("*.png"))


def _is_in(picture, sheet):
    """Whether the sheet contains the picture, pixel by pixel."""
    found = cv2.matchTemplate(sheet, picture, cv2.TM_SQDIFF)
    row, column = np.unravel_index(found.argmin(), found.shape)
    return (sheet[row : row + len(picture), column : column + picture.shape[1]] == picture).all()
