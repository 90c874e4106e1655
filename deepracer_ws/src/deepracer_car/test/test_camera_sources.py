from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from deepracer_car import v4l2_camera
from deepracer_car.camera_source import MAX_CAPTURE_AGE, CaptureAge, Frame
from deepracer_car.camera_stream import RETRY, CameraStream
from deepracer_car.file_camera import FileCamera
from deepracer_car.v4l2_camera import MJPEG, V4l2Camera, choose_camera, find_cameras
from deepracer_core.errors import CameraError

RED = np.full((48, 64, 3), (0, 0, 200), np.uint8)  # OpenCV: blue, green, red


class Clock:
    """A clock that only moves when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path):
    for level in (10, 20, 30):
        cv2.imwrite(str(tmp_path / f"{level}.png"), np.full((4, 4, 3), level, np.uint8))
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_a_folder_gives_its_images_by_name_over_and_over(folder, clock):
    camera = FileCamera(folder, 30.0, clock=clock, sleep=clock.sleep)
    assert [int(camera.read().image[0, 0, 0]) for _ in range(7)] == [10, 20, 30, 10, 20, 30, 10]
    camera.close()


def test_frames_come_at_their_rate(folder, clock):
    camera = FileCamera(folder, 20.0, clock=clock, sleep=clock.sleep)
    for _ in range(5):
        camera.read()
    assert clock.slept == pytest.approx([0.0, 0.05, 0.05, 0.05, 0.05])


def test_a_late_reader_gets_one_frame_at_once_and_then_the_rate_again(folder, clock):
    camera = FileCamera(folder, 20.0, clock=clock, sleep=clock.sleep)
    camera.read()
    clock.now += 10.0
    clock.slept.clear()
    for _ in range(4):
        camera.read()
    assert clock.slept == pytest.approx([0.0, 0.0, 0.05, 0.05])


def test_a_frame_is_stamped_when_it_is_given(folder):
    before = time.time_ns()
    assert before <= FileCamera(folder, 1000.0).read().stamp <= time.time_ns()


def test_a_video_gives_its_frames_over_and_over(tmp_path, clock):
    path = tmp_path / "drive.avi"
    writer = cv2.VideoWriter(str(path), MJPEG, 15.0, (64, 48))
    for level in (0, 120, 240):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    camera = FileCamera(path, 15.0, clock=clock, sleep=clock.sleep)
    levels = [camera.read().image.mean() for _ in range(6)]
    assert levels == pytest.approx([0, 120, 240] * 2, abs=6)
    camera.close()


@pytest.mark.parametrize("content", ["nothing", "text", "broken"])
def test_what_holds_no_image_is_an_error(tmp_path, content, clock):
    if content == "nothing":
        path, message = tmp_path, "holds no image"
    elif content == "text":
        path, message = tmp_path / "video.mp4", "holds no image"
        path.write_text("no video")
    else:
        path, message = tmp_path, "broken.png is no image"
        (path / "broken.png").write_text("no image")
    with pytest.raises(CameraError, match=message):
        FileCamera(path, 30.0, clock=clock, sleep=clock.sleep).read()


class Video:
    """A cv2.VideoCapture."""

    def __init__(self, *, opens: bool = True, captured: float | None = None) -> None:
        self.opens, self.captured = opens, captured
        self.settings: dict[int, float] = {}
        self.is_plugged, self.released = True, False

    def isOpened(self) -> bool:
        return self.opens

    def set(self, name: int, value: float) -> None:
        self.settings[name] = value

    def get(self, name: int) -> float:
        assert name == cv2.CAP_PROP_POS_MSEC
        return 0.0 if self.captured is None else self.captured * 1e3

    def read(self):
        return (True, RED) if self.is_plugged else (False, None)

    def release(self) -> None:
        self.released = True


def test_a_usb_camera_is_asked_for_mjpeg_in_its_size_and_one_frame_to_fill_while_one_is_read():
    video = Video()
    V4l2Camera("/dev/video0", 640, 480, 30.0, open_video=lambda device: video)
    assert video.settings == {
        cv2.CAP_PROP_FOURCC: MJPEG,
        cv2.CAP_PROP_FRAME_WIDTH: 640,
        cv2.CAP_PROP_FRAME_HEIGHT: 480,
        cv2.CAP_PROP_FPS: 30.0,
        cv2.CAP_PROP_BUFFERSIZE: 2,
    }


@pytest.mark.parametrize(
    ("captured", "age"), [(49.96, 0.04), (None, 0.0), (48.9, 0.0), (50.1, 0.0), (49.0, 1.0)]
)
def test_a_frame_is_stamped_when_the_driver_took_it(monkeypatch, captured, age):
    monkeypatch.setattr(v4l2_camera.time, "monotonic", lambda: 50.0)
    monkeypatch.setattr(v4l2_camera.time, "time_ns", lambda: 10**18)
    camera = V4l2Camera(
        "/dev/video0", 64, 48, 30.0, open_video=lambda device: Video(captured=captured)
    )
    assert 10**18 - camera.read().stamp == pytest.approx(age * 1e9, abs=1e3)


class Queue(Video):
    """A driver that keeps the first frames until they are read, and then has the newest."""

    def __init__(self, clock: Clock, kept: list[float]) -> None:
        super().__init__()
        self.clock, self.kept, self.shown = clock, kept, 0.0

    def read(self):
        self.shown = self.kept.pop(0) if self.kept else self.clock.now - 0.03
        return True, RED

    def get(self, name: int) -> float:
        return self.shown * 1e3


@pytest.mark.parametrize("late", [0.3, 5.0])
def test_a_late_reader_is_shown_no_frame_that_the_driver_has_kept(monkeypatch, clock, late):
    """However late: a process that was stopped for seconds finds frames of before."""
    monkeypatch.setattr(v4l2_camera.time, "monotonic", clock)
    monkeypatch.setattr(v4l2_camera.time, "time_ns", lambda: round(clock.now * 1e9))
    video = Queue(clock, [])
    camera = V4l2Camera("/dev/video0", 64, 48, 30.0, open_video=lambda device: video)
    camera.read()
    video.kept = [clock.now + 0.03, clock.now + 0.06]
    clock.now += late
    assert clock.now - camera.read().stamp / 1e9 == pytest.approx(0.03)


def test_a_camera_that_is_always_late_is_shown_with_its_age(monkeypatch, clock):
    monkeypatch.setattr(v4l2_camera.time, "monotonic", clock)
    monkeypatch.setattr(v4l2_camera.time, "time_ns", lambda: round(clock.now * 1e9))
    video = Video(captured=clock.now - 0.25)
    camera = V4l2Camera("/dev/video0", 64, 48, 30.0, open_video=lambda device: video)
    assert clock.now - camera.read().stamp / 1e9 == pytest.approx(0.25)


def test_the_age_of_a_frame_is_believed_once_one_made_sense():
    age = CaptureAge()
    assert [age.of(told) for told in (MAX_CAPTURE_AGE + 1, -1)] == [0, 0]
    assert [age.of(told) for told in (MAX_CAPTURE_AGE, 10**12, -1)] == [MAX_CAPTURE_AGE, 10**12, 0]


def test_a_camera_that_cannot_be_opened_says_what_to_check():
    video = Video(opens=False)
    with pytest.raises(CameraError, match="/dev/video3 cannot be opened: check the cable"):
        V4l2Camera("/dev/video3", 64, 48, 30.0, open_video=lambda device: video)
    assert video.released


def test_a_device_that_is_not_there_cannot_be_opened():
    with pytest.raises(CameraError, match="cannot be opened"):
        V4l2Camera("/dev/no-such-video", 64, 48, 30.0)


def test_an_unplugged_camera_gives_no_frame():
    video = Video()
    camera = V4l2Camera("/dev/video0", 64, 48, 30.0, open_video=lambda device: video)
    camera.read()
    video.is_plugged = False
    with pytest.raises(CameraError, match="gives no frame any more"):
        camera.read()
    camera.close()
    assert video.released


CAMERAS = {"/dev/video0": "HD WebCam", "/dev/video10": "OV4689 USB3"}


USB = "pci0000:00/0000:00:14.0/usb1/1-3/1-3:1.0"
PI_4_USB = "platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/usb1/1-1/1-1.2/1-1.2:1.0"
PI_NODES = {
    "video10": (0, "bcm2835-codec-decode", "platform/soc/fe00b840.mailbox/bcm2835-codec"),
    "video13": (0, "bcm2835-isp-output0", "platform/soc/fe00b840.mailbox/bcm2835-isp"),
    "video19": (0, "rpi-hevc-dec", "platform/soc/feb10000.codec"),
    "video20": (0, "pispbe-input", "platform/axi/1000880000.pisp_be"),
    "video4": (0, "rp1-cfe-csi2_ch0", "platform/axi/1000120000.pcie/1f00128000.csi"),
}
"""What a Raspberry Pi 4 and a 5 show beside cameras: number in the device, name, device."""


def add_video_node(root: Path, name: str, index: int, label: str, device: str) -> None:
    """Add a node as Linux shows it, with a link to its device."""
    path = root / "sys/class/video4linux" / name
    path.mkdir(parents=True)
    (path / "index").write_text(f"{index}\n")
    (path / "name").write_text(f"{label}\n")
    target = root / "sys/devices" / device
    target.mkdir(parents=True, exist_ok=True)
    (path / "device").symlink_to(target)


def test_cameras_are_found_by_their_first_node(tmp_path):
    add_video_node(tmp_path, "video10", 0, "OV4689 USB3", USB.replace("1-3", "1-4"))
    add_video_node(tmp_path, "video1", 1, "HD WebCam", USB)
    add_video_node(tmp_path, "video0", 0, "HD WebCam", USB)
    for usb_only in (True, False):
        assert list(find_cameras(tmp_path, usb_only=usb_only).items()) == list(CAMERAS.items())
    assert find_cameras(tmp_path / "nowhere") == {}


def test_codecs_and_image_processors_of_a_raspberry_pi_are_no_usb_cameras(tmp_path):
    for name, node in PI_NODES.items():
        add_video_node(tmp_path, name, *node)
    assert find_cameras(tmp_path, usb_only=True) == {}
    add_video_node(tmp_path, "video0", 0, "HD WebCam", PI_4_USB)
    assert find_cameras(tmp_path, usb_only=True) == {"/dev/video0": "HD WebCam"}
    everything = find_cameras(tmp_path)
    assert len(everything) == len(PI_NODES) + 1
    assert choose_camera("rp1-cfe", everything) == "/dev/video4"  # who names it gets it


def test_a_node_that_is_being_unplugged_is_passed_over(tmp_path):
    add_video_node(tmp_path, "video0", 0, "HD WebCam", USB)
    (tmp_path / "sys/class/video4linux/video0/device").unlink()
    assert find_cameras(tmp_path, usb_only=True) == {}
    (tmp_path / "sys/class/video4linux/video0/name").unlink()
    assert find_cameras(tmp_path) == {}


@pytest.mark.parametrize(
    ("wanted", "device"),
    [
        ("auto", "/dev/video0"),
        ("ov4689", "/dev/video10"),
        ("/dev/video7", "/dev/video7"),
    ],
)
def test_a_camera_is_chosen_by_device_or_name(wanted, device):
    assert choose_camera(wanted, CAMERAS) == device


def test_a_camera_that_is_not_there_is_refused_with_those_there_are():
    with pytest.raises(CameraError, match=r"'zed' not found; there is: HD WebCam \(/dev/video0\)"):
        choose_camera("zed", CAMERAS)
    with pytest.raises(CameraError, match="there is: none"):
        choose_camera("auto", {})


class Source:
    """A camera that gives frames at given times [ms]; None: unplugged."""

    def __init__(self, *times: int | None) -> None:
        self.times = list(times)
        self.is_open = True

    def read(self) -> Frame:
        time = self.times.pop(0)
        if time is None:
            raise CameraError("unplugged")
        return Frame(RED, time * 1_000_000)

    def close(self) -> None:
        self.is_open = False


def test_frames_are_resized_and_their_colours_put_in_order(clock):
    stream = CameraStream(lambda: Source(0), (16, 12), 30.0)
    frame = stream.read()
    assert frame.image.shape == (12, 16, 3)
    assert frame.image[0, 0].tolist() == [200, 0, 0]
    assert (frame.stamp, stream.frames, stream.dropped) == (0, 1, 0)


def test_lost_frames_are_counted(clock):
    times = (0, 33, 67, 133, 150, 317)  # at 30 fps: one lost before 133, four before 317
    stream = CameraStream(lambda: Source(*times), (16, 12), 30.0)
    lost = []
    for _ in times:
        stream.read()
        lost.append(stream.dropped)
    assert lost == [0, 0, 0, 1, 1, 5]


def test_setting_the_clock_loses_no_frame():
    offsets = [10_000, 10_000, 3_610_000, 3_610_000, -50_000]  # [ms], of the clock of the stamps
    times = [offset + steady for offset, steady in zip(offsets, (0, 33, 67, 167, 200))]
    told = iter(offsets)
    stream = CameraStream(
        lambda: Source(*times), (16, 12), 30.0, clock_offset=lambda: next(told) * 1_000_000
    )
    for _ in times:
        stream.read()
    assert stream.dropped == 2  # between 67 and 167


def test_a_camera_comes_back_after_it_was_unplugged(clock):
    sources = [Source(0, None), None, Source(90_000, 90_033)]
    opened = list(sources)

    def open_source() -> Source:
        source = sources.pop(0)
        if source is None:
            raise CameraError("not found")
        return source

    stream = CameraStream(open_source, (16, 12), 30.0, sleep=clock.sleep)
    assert stream.read() is not None
    assert stream.read() is None
    assert stream.problem == "unplugged"
    assert not opened[0].is_open
    assert stream.read() is None
    assert stream.problem == "not found"
    assert stream.read() is not None
    assert stream.problem == ""
    assert stream.read() is not None
    assert clock.slept == [RETRY, RETRY]
    assert (stream.frames, stream.dropped) == (3, 0)  # the time without a camera is no loss
