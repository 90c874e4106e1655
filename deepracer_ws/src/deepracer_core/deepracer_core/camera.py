"""From a camera image to the input of the network: one implementation for simulator and car.

Each picture is turned into gray (or RGB), resized, cropped at the top, and stacked with the ones
before it, in this order; the result is uint8, (1, channels, rows, columns).

Where sources differ:

* Resizing averages over areas (OpenCV INTER_AREA), so that a network sees alike from a 640x480
  camera and from a simulator that renders in the network's own size; an image that has this size
  already is left as it is. The simapp resizes with Pillow's BILINEAR, which averages over a
  triangle of twice that width; the stock car with OpenCV's bilinear, which skips pixels.
* Gray is OpenCV's 0.299 R + 0.587 G + 0.114 B, rounded. The simapp's weights are 0.2989, 0.5870
  and 0.1140 and it cuts the fraction off: about one gray level apart.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deepracer_core.errors import CameraError, ConfigError

Image = NDArray[np.uint8]

COLOURS = {"gray": 1, "rgb": 3}
ENCODINGS = {"mono8": 1, "rgb8": 3, "bgr8": 3}
JPEG = "jpeg"

_JPEG_START = b"\xff\xd8\xff"

# (encoding of the image, colour of the network) -> OpenCV's conversion, None if they agree
_CONVERSIONS: dict[tuple[str, str], int | None] = {
    ("mono8", "gray"): None,
    ("rgb8", "gray"): cv2.COLOR_RGB2GRAY,
    ("bgr8", "gray"): cv2.COLOR_BGR2GRAY,
    ("mono8", "rgb"): cv2.COLOR_GRAY2RGB,
    ("rgb8", "rgb"): None,
    ("bgr8", "rgb"): cv2.COLOR_BGR2RGB,
}

_LIMITS = {
    "width": (8, 640),
    "height": (8, 480),
    "crop_top": (0, 472),
    "cameras": (1, 2),
    "frames": (1, 8),
}
_MIN_ROWS = 8


@dataclass(frozen=True)
class Preprocessing:
    """What a network wants to see. The defaults are the network input of AWS (simapp).

    Attributes:
        width: Columns after resizing [px].
        height: Rows after resizing, before cropping [px].
        crop_top: Rows cut off at the top after resizing, sky and walls [px].
        colour: `gray` or `rgb`.
        cameras: 1, or 2 for a stereo pair (left, right).
        frames: How many pictures in a row the network sees at once.
    """

    width: int = 160
    height: int = 120
    crop_top: int = 0
    colour: str = "gray"
    cameras: int = 1
    frames: int = 1

    def __post_init__(self) -> None:
        """Refuse what no camera or network can do (ConfigError)."""
        if self.colour not in COLOURS:
            raise ConfigError(f"preprocessing: colour is {self.colour!r}; use gray or rgb")
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ConfigError(
                    f"preprocessing: {name} is {value!r}; use a whole number from {low} to {high}"
                )
        if self.height - self.crop_top < _MIN_ROWS:
            raise ConfigError(
                f"preprocessing: crop_top {self.crop_top} of {self.height} rows "
                f"leaves fewer than {_MIN_ROWS}; crop less"
            )

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """Shape of one moment: (colours x cameras, rows, columns)."""
        return COLOURS[self.colour] * self.cameras, self.height - self.crop_top, self.width

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        """Shape of the network's input for one decision: (1, channels, rows, columns).

        Channels are ordered by time (oldest first), then camera (left, right), then colour.
        """
        channels, rows, columns = self.frame_shape
        return 1, channels * self.frames, rows, columns

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Any) -> Preprocessing:
        """Inverse of `to_dict`, for what was read from a file.

        Raises:
            ConfigError: it is no dictionary, or a field is unknown, missing or out of range.
        """
        known = set(cls.__dataclass_fields__)
        if not isinstance(fields, dict):
            raise ConfigError(f"preprocessing is no JSON object; give one with {sorted(known)}")
        if set(fields) != known:
            wrong = ", ".join(sorted(map(str, known ^ set(fields))))
            raise ConfigError(f"preprocessing: unknown or missing {wrong}; give {sorted(known)}")
        return cls(**fields)


class CameraPreprocessor:
    """Turns camera images into the input of one network, into buffers that are made once.

    It remembers the last `frames` pictures: use one for each car and `reset` it with each episode.
    OpenCV's own threads only add jitter at these sizes: a real-time process calls
    `cv2.setNumThreads(1)`.
    """

    def __init__(self, spec: Preprocessing) -> None:
        """Allocate the buffers for `spec`; those of the camera's size come with the first image."""
        self.spec = spec
        self.input = np.zeros(spec.input_shape, np.uint8)
        self._frame = np.zeros(spec.frame_shape, np.uint8)
        colours = COLOURS[spec.colour]
        self._resized = np.zeros((spec.height, spec.width, colours), np.uint8)
        self._converted = np.zeros((0, 0, colours), np.uint8)
        self._is_first = True

    def reset(self) -> None:
        """Forget the pictures so far: the next one stands for its past, too."""
        self._is_first = True

    def process(self, *images: Image | bytes, encoding: str = "rgb8") -> Image:
        """Take the picture of one moment and return the network's input.

        Args:
            images: One image per camera (left first): (rows, columns, 3) for rgb8 and bgr8,
                (rows, columns) for mono8, the bytes of the file for jpeg.
            encoding: `rgb8`, `bgr8`, `mono8` (sensor_msgs/Image) or `jpeg`. OpenCV allocates memory
                for the decoded jpeg; the others allocate nothing once the camera's size is known.

        Returns:
            `self.input`, uint8 (1, channels, rows, columns): valid until the next call.

        Raises:
            CameraError: an image cannot be decoded or is not what `encoding` says;
                the pictures so far are as they were.
        """
        if len(images) != self.spec.cameras:
            raise CameraError(
                f"{len(images)} images given, the network sees {self.spec.cameras} cameras"
            )
        colours = COLOURS[self.spec.colour]
        for camera, image in enumerate(images):
            self._write(image, encoding, self._frame[camera * colours : (camera + 1) * colours])
        self._push()
        return self.input

    def _write(self, image: Image | bytes, encoding: str, planes: Image) -> None:
        """Convert, resize and crop one image into `planes` (colours, rows, columns)."""
        if encoding == JPEG:
            image, encoding = self._decode_jpeg(image)
        picture = self._convert(check_image(image, encoding), encoding)
        size = self.spec.width, self.spec.height
        cv2.resize(picture, size, dst=self._resized, interpolation=cv2.INTER_AREA)
        planes[...] = self._resized[self.spec.crop_top :].transpose(2, 0, 1)

    def _decode_jpeg(self, data: Image | bytes) -> tuple[Image, str]:
        """Decode straight to the network's colour; JPEG stores its gray picture separately."""
        gray = self.spec.colour == "gray"
        flags = cv2.IMREAD_GRAYSCALE if gray else cv2.IMREAD_COLOR_RGB
        buffer = np.frombuffer(data, np.uint8)
        is_jpeg = buffer[: len(_JPEG_START)].tobytes() == _JPEG_START
        picture = cv2.imdecode(buffer, flags | cv2.IMREAD_IGNORE_ORIENTATION) if is_jpeg else None
        if picture is None:
            raise CameraError(
                f"the {buffer.size} bytes are no JPEG image; check camera, cable and pixel format"
            )
        return picture, "mono8" if gray else "rgb8"

    def _convert(self, image: Image, encoding: str) -> Image:
        code = _CONVERSIONS[encoding, self.spec.colour]
        if code is None:
            return image
        if self._converted.shape[:2] != image.shape[:2]:
            self._converted = np.empty((*image.shape[:2], COLOURS[self.spec.colour]), np.uint8)
        cv2.cvtColor(image, code, dst=self._converted)
        return self._converted

    def _push(self) -> None:
        """Shift the stack by one moment and append the newest; the first one fills it."""
        moments = self.input.reshape(self.spec.frames, *self.spec.frame_shape)
        if self._is_first:
            moments[:] = self._frame
            self._is_first = False
            return
        for moment in range(self.spec.frames - 1):
            moments[moment] = moments[moment + 1]
        moments[-1] = self._frame


def check_image(image: Image | bytes, encoding: str) -> Image:
    """Return `image` if it is what `encoding` says.

    Raises:
        CameraError: the encoding is unknown, or shape or type do not fit it.
    """
    if encoding not in ENCODINGS:
        known = ", ".join((*ENCODINGS, JPEG))
        raise CameraError(f"image encoding {encoding!r} is not supported; publish one of {known}")
    colours = ENCODINGS[encoding]
    array = np.asarray(image)
    wanted = 2 if colours == 1 else 3
    fits = array.ndim == wanted and (wanted == 2 or array.shape[2] == colours)
    if array.dtype != np.uint8 or not fits or array.size == 0:
        raise CameraError(
            f"image is {array.dtype} {array.shape}, which is not {encoding}; "
            f"give uint8 (rows, columns{', 3' if colours == 3 else ''})"
        )
    return array


def image_view(data: Any, *, rows: int, columns: int, step: int, encoding: str) -> Image:
    """View the fields of a sensor_msgs/Image as an array, without a copy.

    Args:
        data: The pixels: bytes, array.array or anything with a buffer of bytes.
        rows: `height` of the message [px].
        columns: `width` of the message [px].
        step: Length of a row [bytes], with its padding.
        encoding: `rgb8`, `bgr8` or `mono8`.

    Returns:
        (rows, columns, 3), or (rows, columns) for mono8.

    Raises:
        CameraError: the encoding is unknown or the fields contradict each other.
    """
    if encoding not in ENCODINGS:
        raise CameraError(f"image encoding {encoding!r} is not supported; use {list(ENCODINGS)}")
    colours = ENCODINGS[encoding]
    pixels = np.frombuffer(data, np.uint8)
    if min(rows, columns) < 1 or step < columns * colours or pixels.size < rows * step:
        raise CameraError(
            f"image of {columns}x{rows} {encoding} with step {step} does not fit "
            f"into its {pixels.size} bytes; check the node that publishes it"
        )
    lines = pixels[: rows * step].reshape(rows, step)[:, : columns * colours]
    return lines if colours == 1 else lines.reshape(rows, columns, colours)
