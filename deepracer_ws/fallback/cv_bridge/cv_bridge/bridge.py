"""Conversion between OpenCV images (numpy arrays) and sensor_msgs images."""

from __future__ import annotations

import array
import sys
from typing import Any

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image

from cv_bridge.encodings import convert, encoding_of, pixel_format


class CvBridgeError(TypeError):
    """Raised when an image cannot be converted."""


class CvBridge:
    """Converts between numpy images and `sensor_msgs/Image` or `sensor_msgs/CompressedImage`."""

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = "passthrough") -> np.ndarray:
        """The message's image as array (height, width[, channels]).

        With `passthrough` the array shares the message's memory; otherwise it is converted to the
        desired encoding.

        Raises:
            CvBridgeError: if the encoding is unknown, the data does not fit the size that the
                message tells, or no conversion exists.
        """
        try:
            image = _view(img_msg)
            if desired_encoding == "passthrough":
                return image
            return convert(image, img_msg.encoding, desired_encoding)
        except ValueError as error:
            raise CvBridgeError(str(error)) from error

    def cv2_to_imgmsg(
        self, cvim: np.ndarray, encoding: str = "passthrough", header: Any = None
    ) -> Image:
        """A message that holds a copy of the array, labelled with the encoding.

        Raises:
            CvBridgeError: if the array's type or channels are not those of the encoding.
        """
        if not isinstance(cvim, np.ndarray):
            raise TypeError("Your input type is not a numpy array")
        try:
            actual = encoding_of(cvim)
            if encoding == "passthrough":
                encoding = actual
            elif pixel_format(encoding) != pixel_format(actual):
                raise ValueError(
                    f"encoding specified as {encoding}, but image has incompatible type {actual}"
                )
        except ValueError as error:
            raise CvBridgeError(str(error)) from error
        message = Image() if header is None else Image(header=header)
        message.height, message.width = cvim.shape[:2]
        message.encoding = encoding
        message.is_bigendian = int(cvim.dtype.byteorder == ">" or sys.byteorder == "big")
        data = cvim.tobytes()
        message.step = len(data) // message.height if message.height else 0
        # array.array is what the generated message keeps without checking each element.
        message.data = array.array("B", data)
        return message

    def compressed_imgmsg_to_cv2(
        self, cmprs_img_msg: CompressedImage, desired_encoding: str = "passthrough"
    ) -> np.ndarray:
        """The decoded image: BGR, or as stored with `passthrough`.

        Raises:
            CvBridgeError: if the data is no image, or no conversion exists.
        """
        data = np.frombuffer(cmprs_img_msg.data, np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
        if image is None:
            raise CvBridgeError(f"the data of the {cmprs_img_msg.format!r} message is not an image")
        if desired_encoding == "passthrough":
            return image
        source = {1: "mono", 3: "bgr", 4: "bgra"}[1 if image.ndim == 2 else image.shape[2]]
        try:
            return convert(image, f"{source}{image.dtype.itemsize * 8}", desired_encoding)
        except ValueError as error:
            raise CvBridgeError(str(error)) from error

    def cv2_to_compressed_imgmsg(
        self, cvim: np.ndarray, dst_format: str = "jpg"
    ) -> CompressedImage:
        """A message that holds the array encoded as `dst_format`, for example `jpg` or `png`.

        Raises:
            CvBridgeError: if OpenCV cannot write the format.
        """
        if not isinstance(cvim, np.ndarray):
            raise TypeError("Your input type is not a numpy array")
        try:
            done, data = cv2.imencode(f".{dst_format}", cvim)
        except cv2.error as error:
            raise CvBridgeError(f"OpenCV cannot write {dst_format!r}: {error}") from error
        if not done:
            raise CvBridgeError(f"OpenCV cannot write this image as {dst_format!r}")
        return CompressedImage(format=dst_format, data=array.array("B", data.tobytes()))


def _view(message: Image) -> np.ndarray:
    """The message's memory as array, rows that are padded to `step` included."""
    layout = pixel_format(message.encoding)
    dtype = layout.dtype.newbyteorder(">" if message.is_bigendian else "<")
    row = message.width * layout.channels * dtype.itemsize
    if message.step < row or len(message.data) < message.step * message.height:
        raise ValueError(
            f"a {message.width}x{message.height} {message.encoding} image needs rows of {row} "
            f"bytes, but the message has step {message.step} and {len(message.data)} bytes"
        )
    shape = (message.height, message.width, layout.channels)
    strides = (message.step, layout.channels * dtype.itemsize, dtype.itemsize)
    image = np.ndarray(shape, dtype, np.asarray(message.data), strides=strides)
    return image[:, :, 0] if layout.channels == 1 else image
