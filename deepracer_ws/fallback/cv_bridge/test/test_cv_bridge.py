"""CvBridge behaves as the stock one, for each encoding, and refuses what it cannot convert."""

import array

import cv2
import numpy as np
import pytest
from cv_bridge import CvBridge, CvBridgeError
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

BRIDGE = CvBridge()
RANDOM = np.random.default_rng(0)


def message(image: np.ndarray, encoding: str, pad: int = 0) -> Image:
    rows = image.reshape(image.shape[0], -1).view(np.uint8)
    data = np.pad(rows, ((0, 0), (0, pad)))
    return Image(height=image.shape[0], width=image.shape[1], encoding=encoding,
                 step=data.shape[1], data=array.array("B", data.tobytes()))  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "shape", "dtype"),
    [
        ("mono8", (4, 6), "u1"),
        ("mono16", (4, 6), "u2"),
        ("rgb8", (4, 6, 3), "u1"),
        ("bgra8", (4, 6, 4), "u1"),
        ("32FC1", (4, 6), "f4"),
        ("64FC2", (4, 6, 2), "f8"),
        ("16SC1", (4, 6), "i2"),
        ("8UC5", (4, 6, 5), "u1"),
    ],
)
def test_round_trip_keeps_every_pixel(encoding, shape, dtype):
    image = RANDOM.integers(0, 100, shape).astype(dtype)
    sent = BRIDGE.cv2_to_imgmsg(image, encoding)
    assert (sent.height, sent.width, sent.encoding) == (4, 6, encoding)
    assert sent.step == 6 * image.itemsize * (shape[2] if len(shape) == 3 else 1)
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(sent), image)


def test_passthrough_names_the_layout_and_header_is_kept():
    sent = BRIDGE.cv2_to_imgmsg(
        np.zeros((2, 2, 3), np.uint8), header=Header(frame_id="camera_optical_frame")
    )
    assert sent.encoding == "8UC3"
    assert sent.header.frame_id == "camera_optical_frame"


def test_rows_with_padding_are_read_right():
    image = RANDOM.integers(0, 255, (5, 7, 3)).astype(np.uint8)
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(message(image, "rgb8", pad=11)), image)


def test_non_contiguous_image_is_sent_row_by_row():
    image = RANDOM.integers(0, 255, (6, 8, 3)).astype(np.uint8)[::-1, ::2]
    np.testing.assert_array_equal(BRIDGE.imgmsg_to_cv2(BRIDGE.cv2_to_imgmsg(image, "bgr8")), image)


def test_big_endian_is_honoured():
    image = np.array([[1, 258]], ">u2")
    sent = message(image, "mono16")
    sent.is_bigendian = 1
    assert BRIDGE.imgmsg_to_cv2(sent).tolist() == [[1, 258]]


@pytest.mark.parametrize(
    ("source", "target", "pixel", "expected"),
    [
        ("rgb8", "bgr8", [1, 2, 3], [3, 2, 1]),
        ("bgr8", "rgba8", [1, 2, 3], [3, 2, 1, 255]),
        ("rgb8", "mono8", [255, 0, 0], 76),
        ("mono8", "bgr8", 9, [9, 9, 9]),
        ("mono16", "mono8", 65535, 255),
        ("mono8", "mono16", 255, 65535),
        ("8UC3", "bgr8", [1, 2, 3], [1, 2, 3]),
    ],
)
def test_conversions(source, target, pixel, expected):
    dtype = np.uint16 if source.endswith("16") else np.uint8
    image = np.full((2, 2, *np.shape(pixel)), pixel, dtype)
    assert BRIDGE.imgmsg_to_cv2(message(image, source), target)[0, 0].tolist() == expected


def test_bayer_red_pixel_is_red():
    # All red sites of an RGGB mosaic lit, all others dark.
    mosaic = np.zeros((8, 8), np.uint8)
    mosaic[::2, ::2] = 200
    assert BRIDGE.imgmsg_to_cv2(message(mosaic, "bayer_rggb8"), "rgb8")[4, 4].tolist() == [
        200,
        0,
        0,
    ]


@pytest.mark.parametrize("encoding", ["uyvy", "yuv422_yuy2"])
def test_packed_yuv_gray_is_luma(encoding):
    pair = [128, 90, 128, 90] if encoding == "uyvy" else [90, 128, 90, 128]
    image = np.tile(np.array(pair, np.uint8), (4, 2)).reshape(4, 4, 2)
    assert BRIDGE.imgmsg_to_cv2(message(image, encoding), "mono8")[0, 0] == 90


@pytest.mark.parametrize(
    ("sent", "desired", "reason"),
    [
        (Image(encoding="nonsense"), "passthrough", "unknown image encoding 'nonsense'"),
        (Image(height=2, width=2, encoding="rgb8", step=6), "passthrough", "0 bytes"),
        (
            Image(height=2, width=2, encoding="rgb8", step=2, data=bytes(12)),
            "passthrough",
            "rows of 6 bytes",
        ),
        (
            Image(height=1, width=1, encoding="32FC1", step=4, data=bytes(4)),
            "bgr8",
            "another number",
        ),
        (Image(height=1, width=1, encoding="rgb8", step=3, data=bytes(3)), "uyvy", "no conversion"),
    ],
)
def test_broken_messages_are_refused(sent, desired, reason):
    with pytest.raises(CvBridgeError, match=reason):
        BRIDGE.imgmsg_to_cv2(sent, desired)


def test_wrong_arrays_are_refused():
    with pytest.raises(CvBridgeError, match="incompatible type 8UC1"):
        BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.uint8), "bgr8")
    with pytest.raises(CvBridgeError, match="complex128"):
        BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), complex))
    with pytest.raises(TypeError, match="not a numpy array"):
        BRIDGE.cv2_to_imgmsg([[1]])


def test_compressed_round_trip_and_errors():
    image = RANDOM.integers(0, 255, (5, 7, 3)).astype(np.uint8)
    sent = BRIDGE.cv2_to_compressed_imgmsg(image, "png")
    np.testing.assert_array_equal(BRIDGE.compressed_imgmsg_to_cv2(sent), image)
    np.testing.assert_array_equal(BRIDGE.compressed_imgmsg_to_cv2(sent, "rgb8"), image[:, :, ::-1])
    with pytest.raises(CvBridgeError, match="not an image"):
        BRIDGE.compressed_imgmsg_to_cv2(CompressedImage(format="jpg", data=b"no"))
    with pytest.raises(CvBridgeError, match="cannot write"):
        BRIDGE.cv2_to_compressed_imgmsg(image, "docx")
    assert cv2.imdecode(np.frombuffer(sent.data, np.uint8), 1) is not None
