"""The Raspberry Pi's camera, with an imitation of the part of picamera2 that is used."""

from __future__ import annotations

import sys
import time
from types import ModuleType

import numpy as np
import pytest
from deepracer_car import camera_choice
from deepracer_car.libcamera_camera import NAME, LibcameraCamera, choose_number
from deepracer_core.errors import CameraError

CAMERAS = [{"Model": "imx708_wide", "Num": 0}, {"Model": "ov5647", "Num": 1}]
PICTURE = np.full((480, 640, 3), (0, 0, 200), np.uint8)


class Request:
    """A frame that has to be given back."""

    def __init__(self, taken: int) -> None:
        self._taken = taken
        self.released = False

    def make_array(self, stream: str) -> np.ndarray:
        assert stream == "main"
        return PICTURE

    def get_metadata(self) -> dict[str, int]:
        return {"SensorTimestamp": self._taken}

    def release(self) -> None:
        self.released = True


class Picamera2:
    """Remembers what it was told."""

    cameras = CAMERAS
    opened: Picamera2
    fails_at = ""
    age = 0  # [ns] of a frame

    def __init__(self, number: int) -> None:
        self._may("open")
        type(self).opened = self
        self.number, self.closed = number, False
        self.requests: list[Request] = []

    @classmethod
    def global_camera_info(cls):
        return cls.cameras

    def _may(self, step: str) -> None:
        if self.fails_at == step:
            raise RuntimeError(f"{step} fails")

    def create_video_configuration(self, **values):
        return values

    def configure(self, configuration) -> None:
        self.configuration = configuration

    def start(self) -> None:
        self._may("start")

    def capture_request(self, wait: float) -> Request:
        assert wait > 0.0
        if self.fails_at == "capture":
            raise TimeoutError
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.requests.append(Request(now - self.age))
        return self.requests[-1]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def picamera2(monkeypatch) -> type[Picamera2]:
    class Fresh(Picamera2):
        pass

    module = ModuleType("picamera2")
    module.Picamera2 = Fresh
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return Fresh


def test_it_is_asked_for_its_size_and_rate_without_a_queue(picamera2):
    LibcameraCamera("libcamera:ov5647", 640, 480, 30.0).close()
    assert picamera2.opened.number == 1
    assert picamera2.opened.closed
    configuration = picamera2.opened.configuration
    assert configuration["main"] == {"size": (640, 480), "format": "RGB888"}
    assert configuration["controls"] == {"FrameDurationLimits": (33_333, 33_333)}
    assert configuration["buffer_count"] == 3
    assert not configuration["queue"]


@pytest.mark.parametrize(
    ("age", "kept"), [(40_000_000, 40_000_000), (2_000_000_000, 0), (-5_000_000_000, 0)]
)
def test_a_frame_is_stamped_when_the_sensor_took_it_and_given_back(picamera2, age, kept):
    picamera2.age = age
    camera = LibcameraCamera(NAME, 640, 480, 30.0)
    before = time.time_ns()
    frame = camera.read()
    assert before - kept - 1_000_000 <= frame.stamp <= time.time_ns() - kept
    assert frame.image is PICTURE
    assert all(request.released for request in picamera2.opened.requests)


def test_a_frame_that_a_stopped_process_finds_is_as_old_as_it_is(picamera2):
    camera = LibcameraCamera(NAME, 640, 480, 30.0)
    camera.read()
    picamera2.age = 5_000_000_000
    assert time.time_ns() - camera.read().stamp > 4_000_000_000


@pytest.mark.parametrize(
    ("step", "message"), [("open", "check the cable"), ("start", "try another fps")]
)
def test_a_camera_that_does_not_open_says_what_to_check(picamera2, step, message):
    picamera2.fails_at = step
    with pytest.raises(CameraError, match=message):
        LibcameraCamera(NAME, 640, 480, 30.0)
    if step == "start":
        assert picamera2.opened.closed


def test_a_camera_that_is_lost_is_an_error(picamera2):
    camera = LibcameraCamera(NAME, 640, 480, 30.0)
    picamera2.fails_at = "capture"
    with pytest.raises(CameraError, match="gives no frame any more"):
        camera.read()


@pytest.mark.parametrize(("wanted", "number"), [("libcamera", 0), ("libcamera:OV56", 1)])
def test_a_camera_is_chosen_by_its_model(wanted, number):
    assert choose_number(wanted, CAMERAS) == number


def test_a_model_that_is_not_there_is_refused_with_those_there_are():
    with pytest.raises(CameraError, match="there is: imx708_wide, ov5647"):
        choose_number("libcamera:imx219", CAMERAS)
    with pytest.raises(CameraError, match="there is: none"):
        choose_number("libcamera", [])


def test_without_picamera2_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        LibcameraCamera(NAME, 640, 480, 30.0)


def test_auto_takes_it_where_there_is_no_usb_camera(picamera2, monkeypatch):
    nodes = {"/dev/video10": "bcm2835-codec-decode"}
    monkeypatch.setattr(
        camera_choice, "find_cameras", lambda *, usb_only: {} if usb_only else nodes
    )
    monkeypatch.setattr(camera_choice.importlib.util, "find_spec", lambda name: name)
    camera_choice.open_camera("auto", 640, 480, 30.0).close()
    camera_choice.open_camera("libcamera:ov", 640, 480, 30.0).close()
    assert picamera2.opened.number == 1
    monkeypatch.setattr(camera_choice.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CameraError, match="camera 'auto' not found; there is: none"):
        camera_choice.open_camera("auto", 640, 480, 30.0)


def test_files_and_usb_cameras_are_opened_by_their_names(tmp_path, monkeypatch):
    monkeypatch.setattr(camera_choice, "FileCamera", lambda path, fps: (path, fps))
    monkeypatch.setattr(camera_choice, "V4l2Camera", lambda *values: values)
    cameras = {"/dev/video2": "HD Webcam"}
    monkeypatch.setattr(camera_choice, "find_cameras", lambda *, usb_only: cameras)
    assert camera_choice.open_camera(str(tmp_path), 640, 480, 15.0) == (tmp_path, 15.0)
    for name in ("auto", "webcam"):
        assert camera_choice.open_camera(name, 640, 480, 15.0) == ("/dev/video2", 640, 480, 15.0)
