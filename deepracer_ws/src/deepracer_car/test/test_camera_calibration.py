"""The file of a calibrated camera, and when a missing camera is complained of."""

from __future__ import annotations

import pytest
import yaml
from deepracer_car import camera_calibration
from deepracer_car.complaint import Complaint
from deepracer_core.errors import CalibrationError, StorageError

# As cameracalibrator writes it; the numbers are made up.
OST = """\
image_width: 640
image_height: 480
camera_name: narrow_stereo
camera_matrix:
  rows: 3
  cols: 3
  data: [500., 0., 320., 0., 510., 240., 0., 0., 1.]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.3, 0.1, 0.001, -0.002, 0.0]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1., 0., 0., 0., 1., 0., 0., 0., 1.]
projection_matrix:
  rows: 3
  cols: 4
  data: [480., 0., 322., 0., 0., 490., 241., 0., 0., 0., 1., 0.]
"""


def test_a_file_of_cameracalibrator_is_read(tmp_path):
    path = tmp_path / "ost.yaml"
    path.write_text(OST)
    found = camera_calibration.load(path)
    assert (found.width, found.height, found.distortion_model) == (640, 480, "plumb_bob")
    assert found.k == (500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0)
    assert found.d == (-0.3, 0.1, 0.001, -0.002, 0.0)
    assert found.r == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    assert found.p[:4] == (480.0, 0.0, 322.0, 0.0)


def test_another_size_scales_what_is_in_pixels_and_only_that():
    found = camera_calibration.parse(yaml.safe_load(OST)).scaled(160, 240)
    assert (found.width, found.height) == (160, 240)
    assert found.k == (125.0, 0.0, 80.0, 0.0, 255.0, 120.0, 0.0, 0.0, 1.0)
    assert found.p == (120.0, 0.0, 80.5, 0.0, 0.0, 245.0, 120.5, 0.0, 0.0, 0.0, 1.0, 0.0)
    assert found.d == (-0.3, 0.1, 0.001, -0.002, 0.0)
    assert found.r[0] == 1.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("image_width: 640", "image_width: 0", "image_width is 0"),
        ("image_width: 640", "image_width: true", "image_width is True"),
        ("image_height: 480", "", "image_height is None"),
        ("plumb_bob", "fisheye", "distortion_model is 'fisheye', none of plumb_bob"),
        ("[1., 0., 0., 0., 1., 0., 0., 0., 1.]", "[1., 0.]", "rectification_matrix.data is not 9"),
        ("[1., 0., 0., 0., 1., 0., 0., 0., 1.]", "x", "rectification_matrix.data is not 9"),
        ("[500.,", "[.nan,", "camera_matrix.data holds nan"),
        ("[500.,", "[true,", "camera_matrix.data holds True"),
        ("projection_matrix:", "projection:", "projection_matrix.data is not 12"),
        (OST, "- 1", "it holds no fields"),
        (OST, "a: [", "is no YAML"),
        (OST, "!!python/object/apply:os.getcwd []", "is no YAML"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path, old, new, message):
    path = tmp_path / "ost.yaml"
    path.write_text(OST.replace(old, new))
    with pytest.raises(CalibrationError, match=r"ost\.yaml") as caught:
        camera_calibration.load(path)
    assert message in str(caught.value)


def test_a_missing_file_is_told_with_its_argument(tmp_path):
    with pytest.raises(StorageError, match="camera_info:="):
        camera_calibration.load(tmp_path / "none.yaml")


def test_a_problem_that_stays_is_told_ever_more_rarely():
    complaint = Complaint()
    told = [now for now in range(300) if complaint.is_due("no camera", float(now))]
    assert told == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_another_problem_and_one_that_comes_back_are_told_at_once():
    complaint = Complaint()
    assert complaint.is_due("no camera", 0.0)
    assert not complaint.is_due("no camera", 0.5)
    assert complaint.is_due("no frame", 0.6)
    assert not complaint.is_due("", 0.7)
    assert complaint.is_due("no frame", 0.8)
    assert [now for now in (1.0, 1.8, 3.0, 3.8) if complaint.is_due("no frame", now)] == [1.8, 3.8]
