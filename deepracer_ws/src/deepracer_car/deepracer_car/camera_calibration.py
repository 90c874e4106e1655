"""The optics of a camera from a file, as `camera_calibration` of ROS 2 writes it.

That file is what `ros2 run camera_calibration cameracalibrator` leaves (ost.yaml): image_width,
image_height, distortion_model, and camera_matrix, distortion_coefficients, rectification_matrix and
projection_matrix with rows, cols and data. It holds for one size of image; in another size of the
same view, focal lengths and centre scale with it (image_pipeline, resize_node).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from deepracer_core.errors import CalibrationError, StorageError

SIZES = {
    "camera_matrix": (3, 3),
    "rectification_matrix": (3, 3),
    "projection_matrix": (3, 4),
}
COEFFICIENTS = {"plumb_bob": 5, "rational_polynomial": 8, "equidistant": 4}
"""How many each distortion model has; sensor_msgs/distortion_models."""
MAX_BYTES = 100_000


@dataclass(frozen=True)
class CameraCalibration:
    """sensor_msgs/CameraInfo in content."""

    width: int
    """Columns of the image that it holds for [px]."""
    height: int
    """Rows of that image [px]."""
    distortion_model: str
    """One of `COEFFICIENTS`."""
    d: tuple[float, ...]
    """Distortion coefficients."""
    k: tuple[float, ...]
    """Camera matrix, 3x3 by rows [px]."""
    r: tuple[float, ...]
    """Rectification, 3x3 by rows."""
    p: tuple[float, ...]
    """Projection, 3x4 by rows [px]."""

    def scaled(self, width: int, height: int) -> CameraCalibration:
        """The same for another size of the same view [px]."""
        x, y = width / self.width, height / self.height
        rows = (x, y, 1.0)
        return CameraCalibration(
            width,
            height,
            self.distortion_model,
            self.d,
            tuple(value * rows[index // 3] for index, value in enumerate(self.k)),
            self.r,
            tuple(value * rows[index // 4] for index, value in enumerate(self.p)),
        )


def load(path: Path) -> CameraCalibration:
    """Read a file.

    Raises:
        StorageError: it cannot be read.
        CalibrationError: it is not what camera_calibration writes; the message names the place.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES)
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror}; check camera_info:=") from error
    try:
        return parse(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise CalibrationError(f"{path} is no YAML: {error}") from error
    except CalibrationError as error:
        raise CalibrationError(f"{path}: {error}; calibrate the camera again") from error


def parse(content: Any) -> CameraCalibration:
    """Read what the YAML holds.

    Raises:
        CalibrationError: something is missing or wrong.
    """
    if not isinstance(content, dict):
        raise CalibrationError("it holds no fields")
    model = content.get("distortion_model")
    if model not in COEFFICIENTS:
        raise CalibrationError(f"distortion_model is {model!r}, none of {', '.join(COEFFICIENTS)}")
    matrices = {name: _numbers(content, name, rows * cols) for name, (rows, cols) in SIZES.items()}
    return CameraCalibration(
        width=_pixels(content, "image_width"),
        height=_pixels(content, "image_height"),
        distortion_model=model,
        d=_numbers(content, "distortion_coefficients", COEFFICIENTS[model]),
        k=matrices["camera_matrix"],
        r=matrices["rectification_matrix"],
        p=matrices["projection_matrix"],
    )


def _pixels(content: dict[str, Any], name: str) -> int:
    value = content.get(name)
    if type(value) is not int or not 0 < value <= 10_000:
        raise CalibrationError(f"{name} is {value!r}, no number of pixels")
    return value


def _numbers(content: dict[str, Any], name: str, count: int) -> tuple[float, ...]:
    """The data of a matrix."""
    matrix = content.get(name)
    data = matrix.get("data") if isinstance(matrix, dict) else None
    if not isinstance(data, list) or len(data) != count:
        raise CalibrationError(f"{name}.data is not {count} numbers")
    for value in data:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise CalibrationError(f"{name}.data holds {value!r}")
    return tuple(map(float, data))
