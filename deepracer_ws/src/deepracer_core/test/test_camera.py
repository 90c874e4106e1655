"""Camera preprocessing against a reference in plain numpy, the recipe of the simapp, and misuse."""

from __future__ import annotations

import array
import tracemalloc

import cv2
import numpy as np
import pytest
from deepracer_core.camera import CameraPreprocessor, Preprocessing, check_image, image_view
from deepracer_core.errors import CameraError, ConfigError
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

SMALL = Preprocessing(width=80, height=60, crop_top=15)
AWS_LUMA = np.array([0.2989, 0.5870, 0.1140])  # simapp


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


def scene(rows: int, columns: int, seed: int = 0) -> NDArray[np.uint8]:
    """Soft colours with noise on top, RGB."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    soft = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR).astype(int)
    return np.clip(soft + random.integers(-20, 21, soft.shape), 0, 255).astype(np.uint8)


def area_mean(image: NDArray[np.generic], rows: int, columns: int) -> NDArray[np.float64]:
    """Mean over the blocks that become one pixel; sizes must divide."""
    high, wide = image.shape[0] // rows, image.shape[1] // columns
    return image.reshape(rows, high, columns, wide, -1).mean(axis=(1, 3)).squeeze()


@pytest.mark.parametrize("spec", [Preprocessing(), SMALL], ids=["160x120", "80x45"])
@pytest.mark.parametrize("size", [(480, 640), (240, 320), (120, 160)])
def test_gray_is_the_mean_luma_of_the_area(spec, size):
    image = scene(*size)
    seen = CameraPreprocessor(spec).process(image)
    expected = area_mean(image @ AWS_LUMA, spec.height, spec.width)[spec.crop_top :]
    assert seen.shape == spec.input_shape == (1, 1, spec.height - spec.crop_top, spec.width)
    assert seen.dtype == np.uint8
    # rounding twice (gray, then mean) and the last digits of the weights
    assert np.abs(seen[0, 0] - expected).max() <= 1.1


def test_rgb_keeps_the_colours_apart():
    image = scene(480, 640)
    seen = CameraPreprocessor(Preprocessing(colour="rgb")).process(image)
    expected = area_mean(image, 120, 160).transpose(2, 0, 1)
    assert np.abs(seen[0] - expected).max() <= 0.5


def pillow_bilinear(image: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """The resize of the simapp: Pillow's BILINEAR, a triangle filter as wide as two new pixels."""

    def weights(old: int, new: int) -> NDArray[np.float64]:
        scale = old / new
        centres = (np.arange(new)[:, None] + 0.5) * scale
        distance = np.abs(np.arange(old)[None] + 0.5 - centres) / scale
        triangle = np.clip(1 - distance, 0, None)
        return triangle / triangle.sum(axis=1, keepdims=True)

    return weights(image.shape[0], rows) @ image @ weights(image.shape[1], columns).T


def test_close_to_the_recipe_of_the_simapp():
    """A sharp picture, white lines on a dark road: the filters differ at edges only."""
    image = np.full((480, 640, 3), (36, 49, 64), np.uint8)
    cv2.line(image, (100, 479), (300, 150), (194, 194, 190), 24)
    cv2.line(image, (600, 479), (350, 150), (194, 117, 0), 12)
    seen = CameraPreprocessor(Preprocessing()).process(image)[0, 0]
    expected = np.floor(pillow_bilinear(image @ AWS_LUMA, 120, 160))
    difference = np.abs(seen - expected)
    assert difference.mean() < 1.5
    assert np.median(difference) <= 1
    assert difference.max() < 40


def test_an_image_of_the_network_size_is_left_as_it_is():
    image = scene(60, 80)[..., 0]
    seen = CameraPreprocessor(SMALL).process(image, encoding="mono8")
    np.testing.assert_array_equal(seen[0, 0], image[15:])


@pytest.mark.parametrize("colour", ["gray", "rgb"])
def test_all_encodings_give_the_same_picture(colour):
    spec = Preprocessing(colour=colour)
    image = scene(480, 640)
    image[...] = image[..., :1]  # gray, so that mono8 can show it
    images = {"rgb8": image, "bgr8": image[..., ::-1].copy(), "mono8": image[..., 0].copy()}
    seen = [CameraPreprocessor(spec).process(data, encoding=name) for name, data in images.items()]
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])


@pytest.mark.parametrize("colour", ["gray", "rgb"])
def test_bgr_is_rgb_backwards(colour):
    image, spec = scene(480, 640), Preprocessing(colour=colour)
    swapped = np.ascontiguousarray(image[..., ::-1])
    np.testing.assert_array_equal(
        CameraPreprocessor(spec).process(image),
        CameraPreprocessor(spec).process(swapped, encoding="bgr8"),
    )


@pytest.mark.parametrize("colour", ["gray", "rgb"])
def test_jpeg_is_decoded(colour):
    image, spec = scene(480, 640), Preprocessing(colour=colour)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    _, data = cv2.imencode(".jpg", image[..., ::-1], quality)
    expected = CameraPreprocessor(spec).process(image).astype(int)
    for jpeg in (data.tobytes(), data):
        seen = CameraPreprocessor(spec).process(jpeg, encoding="jpeg")
        assert np.abs(seen - expected).mean() < 2


def test_frames_are_stacked_oldest_first_and_the_first_fills_the_past():
    camera = CameraPreprocessor(Preprocessing(frames=3))
    levels = [np.full((120, 160), level, np.uint8) for level in (10, 20, 30, 40)]
    seen = [camera.process(level, encoding="mono8")[0, :, 0, 0].tolist() for level in levels]
    assert seen == [[10, 10, 10], [10, 10, 20], [10, 20, 30], [20, 30, 40]]
    camera.reset()
    assert camera.process(levels[0], encoding="mono8")[0, :, 0, 0].tolist() == [10, 10, 10]


def test_channels_are_ordered_by_time_camera_colour():
    camera = CameraPreprocessor(Preprocessing(colour="rgb", cameras=2, frames=2))
    old, new = np.zeros((120, 160, 3), np.uint8), np.zeros((120, 160, 3), np.uint8)
    old[:], new[:] = (1, 2, 3), (4, 5, 6)
    camera.process(old, old + 10)
    seen = camera.process(new, new + 10)
    assert seen[0, :, 0, 0].tolist() == [1, 2, 3, 11, 12, 13, 4, 5, 6, 14, 15, 16]


@pytest.mark.parametrize(
    "spec", [Preprocessing(), Preprocessing(colour="rgb", frames=4)], ids=["gray", "rgb-stack"]
)
def test_steady_state_allocates_nothing_large(spec):
    camera, image = CameraPreprocessor(spec), scene(480, 640)
    camera.process(image)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            camera.process(image)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 4096
    assert after - before < 4096


@pytest.mark.parametrize(
    ("images", "encoding", "message"),
    [
        ([], "rgb8", "0 images given, the network sees 1 cameras"),
        ([np.zeros((4, 4, 3), np.uint8)] * 2, "rgb8", "2 images given"),
        ([np.zeros((4, 4, 3), np.uint8)], "yuv422", "'yuv422' is not supported"),
        ([np.zeros((4, 4, 3), np.float32)], "rgb8", "is float32 (4, 4, 3), which is not rgb8"),
        ([np.zeros((4, 4), np.uint8)], "rgb8", "which is not rgb8"),
        ([np.zeros((4, 4, 3), np.uint8)], "mono8", "which is not mono8"),
        ([np.zeros((4, 4, 4), np.uint8)], "bgr8", "which is not bgr8"),
        ([np.zeros((0, 4, 3), np.uint8)], "rgb8", "which is not rgb8"),
        ([b""], "jpeg", "the 0 bytes are no JPEG image"),
        ([b"\x89PNG\r\n\x1a\n" + bytes(100)], "jpeg", "the 108 bytes are no JPEG image"),
        ([b"\xff\xd8\xff" + bytes(100)], "jpeg", "are no JPEG image"),
    ],
)
def test_images_that_do_not_fit_are_refused_and_change_nothing(images, encoding, message):
    camera = CameraPreprocessor(Preprocessing())
    before = camera.process(scene(480, 640)).copy()
    with pytest.raises(CameraError) as caught:
        camera.process(*images, encoding=encoding)
    assert message in str(caught.value)
    np.testing.assert_array_equal(camera.input, before)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 7}, "width is 7"),
        ({"width": 641}, "width is 641"),
        ({"height": True}, "height is True"),
        ({"height": 60.0}, "height is 60.0"),
        ({"colour": "grey"}, "colour is 'grey'"),
        ({"crop_top": -1}, "crop_top is -1"),
        ({"height": 60, "crop_top": 53}, "leaves fewer than 8"),
        ({"cameras": 3}, "cameras is 3"),
        ({"frames": 0}, "frames is 0"),
    ],
)
def test_impossible_preprocessing_is_refused(fields, message):
    with pytest.raises(ConfigError, match=message):
        Preprocessing(**fields)


def test_preprocessing_as_a_dictionary():
    spec = Preprocessing(80, 60, 15, "rgb", 2, 3)
    assert Preprocessing.from_dict(spec.to_dict()) == spec
    with pytest.raises(ConfigError, match="unknown or missing frames, zoom"):
        Preprocessing.from_dict(
            {"zoom": 1, **{k: v for k, v in spec.to_dict().items() if k != "frames"}}
        )


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    padding=st.integers(0, 5),
    extra=st.integers(0, 7),
    encoding=st.sampled_from(["mono8", "rgb8", "bgr8"]),
)
def test_image_view_reads_the_message(rows, columns, padding, extra, encoding):
    """Whatever the padding of the rows, the pixels are those that were written."""
    shape = (rows, columns) if encoding == "mono8" else (rows, columns, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    lines = pixels.reshape(rows, -1)
    step = lines.shape[1] + padding
    padded = np.zeros((rows, step), np.uint8)
    padded[:, : lines.shape[1]] = lines
    data = array.array("B", padded.tobytes() + bytes(extra))
    view = image_view(data, rows=rows, columns=columns, step=step, encoding=encoding)
    np.testing.assert_array_equal(check_image(view, encoding), pixels)
    assert np.shares_memory(view, np.frombuffer(data, np.uint8))


@pytest.mark.parametrize(
    "change", [{"rows": 5}, {"rows": 0}, {"columns": 0}, {"columns": 5}, {"step": 11}, {"step": 13}]
)
def test_image_view_refuses_contradictions(change):
    message = {"rows": 4, "columns": 4, "step": 12, **change}
    with pytest.raises(CameraError, match="check the node that publishes it"):
        image_view(bytes(48), encoding="rgb8", **message)


def test_image_view_refuses_other_encodings():
    with pytest.raises(CameraError, match="'16UC1' is not supported"):
        image_view(bytes(32), rows=4, columns=4, step=8, encoding="16UC1")


def test_padded_images_are_preprocessed_alike():
    """Rows with padding reach OpenCV as they are, without a copy of our own."""
    image = scene(480, 640)
    padded = np.zeros((480, 660, 3), np.uint8)
    padded[:, :640] = image
    view = image_view(padded.tobytes(), rows=480, columns=640, step=1980, encoding="rgb8")
    np.testing.assert_array_equal(
        CameraPreprocessor(Preprocessing()).process(view).copy(),
        CameraPreprocessor(Preprocessing()).process(image),
    )
