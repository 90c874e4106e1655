"""Image encodings of sensor_msgs: element type, channels, and conversion between colours."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cv2
import numpy as np

_OPENCV_TYPES = {
    "8U": "u1",
    "8S": "i1",
    "16U": "u2",
    "16S": "i2",
    "32S": "i4",
    "32F": "f4",
    "64F": "f8",
}
_OPENCV_ENCODING = re.compile(r"(8U|8S|16U|16S|32S|32F|64F)(?:C(\d+))?")

# Encodings with a colour meaning: channels and element type (sensor_msgs/image_encodings.hpp).
_COLOUR_ENCODINGS = {
    "mono8": (1, "u1"), "mono16": (1, "u2"),
    "bgr8": (3, "u1"), "rgb8": (3, "u1"), "bgra8": (4, "u1"), "rgba8": (4, "u1"),
    "bgr16": (3, "u2"), "rgb16": (3, "u2"), "bgra16": (4, "u2"), "rgba16": (4, "u2"),
    **{f"bayer_{order}8": (1, "u1") for order in ("rggb", "bggr", "gbrg", "grbg")},
    **{f"bayer_{order}16": (1, "u2") for order in ("rggb", "bggr", "gbrg", "grbg")},
    "yuv422": (2, "u1"), "uyvy": (2, "u1"), "yuv422_yuy2": (2, "u1"), "yuyv": (2, "u1"),
}  # fmt: skip

# OpenCV names a Bayer pattern by pixels 2 and 3 of its second row, ROS by its first two pixels.
_BAYER = {"rggb": "BayerBG", "bggr": "BayerRG", "gbrg": "BayerGR", "grbg": "BayerGB"}
_PACKED_YUV = {
    "yuv422": "YUV2{}_UYVY",
    "uyvy": "YUV2{}_UYVY",
    "yuv422_yuy2": "YUV2{}_YUY2",
    "yuyv": "YUV2{}_YUY2",
}
_FAMILY = {"mono": "GRAY", "bgr": "BGR", "rgb": "RGB", "bgra": "BGRA", "rgba": "RGBA"}


@dataclass(frozen=True)
class PixelFormat:
    """Memory layout of one pixel: number of channels and numpy type of an element."""

    channels: int
    dtype: np.dtype[np.generic]


def pixel_format(encoding: str) -> PixelFormat:
    """Layout of an encoding such as `rgb8` or `32FC1`.

    Raises:
        ValueError: if the encoding is not one of sensor_msgs or OpenCV.
    """
    if encoding in _COLOUR_ENCODINGS:
        channels, dtype = _COLOUR_ENCODINGS[encoding]
        return PixelFormat(channels, np.dtype(dtype))
    match = _OPENCV_ENCODING.fullmatch(encoding)
    if not match:
        raise ValueError(
            f"unknown image encoding {encoding!r}: use one of sensor_msgs, for example 'bgr8'"
        )
    return PixelFormat(int(match[2] or 1), np.dtype(_OPENCV_TYPES[match[1]]))


def encoding_of(image: np.ndarray) -> str:
    """OpenCV's name of an array's layout, for example `8UC3`.

    Raises:
        ValueError: if no encoding describes the array's element type.
    """
    channels = 1 if image.ndim < 3 else image.shape[2]
    for name, dtype in _OPENCV_TYPES.items():
        if np.dtype(dtype) == image.dtype.newbyteorder("="):
            return f"{name}C{channels}"
    raise ValueError(f"no image encoding holds elements of type {image.dtype}")


def convert(image: np.ndarray, source: str, target: str) -> np.ndarray:
    """The image, given in one encoding, in another one; between depths, full scale is kept.

    Raises:
        ValueError: if there is no conversion between the encodings.
    """
    if source == target:
        return image
    if _is_plain(source) or _is_plain(target):
        return _reinterpret(image, source, target)
    converted = _convert_colour(image, source, target)
    return _convert_depth(converted, pixel_format(target).dtype)


def _is_plain(encoding: str) -> bool:
    return encoding not in _COLOUR_ENCODINGS


def _reinterpret(image: np.ndarray, source: str, target: str) -> np.ndarray:
    # Encodings such as 8UC3 say nothing about colour: they pass where the layout is the same.
    if pixel_format(source) != pixel_format(target):
        raise ValueError(
            f"[{source}] cannot be read as [{target}]: another number of channels or type"
        )
    return image


def _convert_colour(image: np.ndarray, source: str, target: str) -> np.ndarray:
    wanted = _FAMILY.get(target.rstrip("0123456789"))
    family = _FAMILY.get(source.rstrip("0123456789"))
    if wanted and family:
        return (
            image
            if wanted == family
            else cv2.cvtColor(image, getattr(cv2, f"COLOR_{family}2{wanted}"))
        )
    if wanted and source.startswith("bayer_"):
        pattern = _BAYER[source[6:10]]
        code = getattr(cv2, f"COLOR_{pattern}2{wanted}", None)
    elif wanted and source in _PACKED_YUV:
        code = getattr(cv2, f"COLOR_{_PACKED_YUV[source].format(wanted)}", None)
    else:
        code = None
    if code is None:
        raise ValueError(f"there is no conversion from [{source}] to [{target}]")
    return cv2.cvtColor(image, code)


def _convert_depth(image: np.ndarray, dtype: np.dtype[np.generic]) -> np.ndarray:
    if image.dtype == dtype:
        return image
    if dtype == np.uint8:
        return cv2.convertScaleAbs(image, alpha=255.0 / 65535.0)
    return image.astype(np.uint16) * np.uint16(257)
