"""The car as a user launches it, with a fake AWS car and a folder of images as its camera."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import launch
import pytest
from deepracer_car.pwm import Channel
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.command_gate import Mode
from deepracer_core.policy import Policy
from deepracer_drive.messages import NEWEST_IMAGE
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import SetMode
from launched import Launched
from node_bench import Bench, bench
from sensor_msgs.msg import CameraInfo
from untrained import create_untrained, picture

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "deepracer_ws/src/deepracer_car/test"))
from fake_car import FakeCar  # noqa: E402, where the car's own tests have it

DRIVE = ("deepracer_car", "drive.launch.py")
NODES = {"camera", "inference", "command_gate", "servo"}
NEUTRAL = (1_446_000, 1_450_000)
OPTICS = """\
image_width: 640
image_height: 480
distortion_model: plumb_bob
camera_matrix: {data: [500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0]}
distortion_coefficients: {data: [0.0, 0.0, 0.0, 0.0, 0.0]}
rectification_matrix: {data: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]}
projection_matrix: {data: [500.0, 0.0, 320.0, 0.0, 0.0, 500.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0]}
"""
LAUNCH_IS_STOCK = ROOT not in Path(launch.__file__).resolve().parents
SIGNALS = [
    signal.SIGINT,
    pytest.param(
        signal.SIGTERM,
        marks=pytest.mark.skipif(
            LAUNCH_IS_STOCK, reason="stock ros2 launch leaves its children behind on SIGTERM"
        ),
    ),
]


@pytest.fixture(scope="module")
def model(ros_isolation) -> ModelBundle:
    return create_untrained(ModelStore(), "for-the-car", seed=2)


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """A folder of eight pictures."""
    folder = tmp_path_factory.mktemp("images")
    for seed in range(8):
        cv2.imwrite(str(folder / f"{seed}.png"), picture(seed)[..., ::-1])
    return folder


@pytest.fixture
def peer() -> Iterator[Bench]:
    with bench() as made:
        yield made


@pytest.fixture
def car(tmp_path) -> FakeCar:
    return FakeCar(tmp_path)


@pytest.fixture
def start(car, model, images, peer, tmp_path) -> Callable[..., Launched]:
    """Launches the car; the guard is patient, because tests run on busy machines."""

    def launched(*more: str, folder: Path | None = None) -> Launched:
        return Launched(
            *DRIVE,  # hardware:=auto finds the car
            f"pwm_root:={car.root}",
            f"model:={model.name}",
            f"camera:={images}",
            "fps:=12.0",  # the gate alters no steering from lock to lock below 15 Hz
            f"calibration:={tmp_path / 'none.json'}",
            "max_throttle:=0.8",
            "guard_timeout:=2.0",
            *more,
            folder=folder,
        )

    return launched


@pytest.fixture
def driving(start, car, peer) -> Iterator[Launched]:
    """A car that its model drives."""
    with start() as running:
        begin(peer, car)
        yield running


def begin(peer: Bench, car: FakeCar) -> None:
    """Start the car as a person would, and wait until it drives."""
    statuses = peer.listen(GateStatus, "/drive/status")
    peer.until(lambda: statuses)
    assert statuses[0].mode == Mode.STOPPED
    # A gate that is asked to start before the model's first decision waits for it for 1 s only.
    peer.until(lambda: peer.peer.count_publishers("/policy/drive") and car_is_on(car))

    def drives() -> bool:
        if statuses[-1].mode == Mode.STOPPED:
            peer.call(SetMode, "/set_mode", mode=Mode.AUTONOMOUS)
        return car.motor_and_servo != NEUTRAL

    peer.until(drives)


def car_is_on(car: FakeCar) -> bool:
    return car.line() == "low"


def expected_duties(model: ModelBundle, images: Path) -> tuple[set[int], set[int]]:
    """Motor and servo pulses that the model's decisions demand, by formulas of the stock car."""
    metadata = model.read_metadata()
    policy = Policy.load(model)
    motor, servo = set(), set()
    for path in sorted(images.iterdir()):
        decision = policy.decide(cv2.imread(str(path)), encoding="bgr8")
        share = decision.speed / metadata.action_space.max_speed
        throttle = min(0.8 * (-1.2 * share**2 + 2.2 * share), 1.0)
        position = decision.steering_angle / metadata.action_space.max_steering_angle
        motor.add(round(1_446_000 - throttle * (1_446_000 - 1_311_000)))
        servo.add(round(1_450_000 + position * 250_000))
    return motor, servo


def test_it_stands_until_it_is_started_and_then_drives_as_its_model_decides(
    start, car, model, images, peer
):
    motor, servo = expected_duties(model, images)
    assert len(motor | servo) > 3, "the model decides alike whatever it sees: choose another seed"
    with start() as running:
        peer.until(lambda: car_is_on(car))
        assert car.motor_and_servo == NEUTRAL
        begin(peer, car)
        assert set(running.nodes()) == NODES
        seen_motor, seen_servo = set(), set()

        def all_seen() -> bool:
            seen_motor.add(car.duty(Channel.MOTOR))
            seen_servo.add(car.duty(Channel.SERVO))
            return seen_motor >= motor and seen_servo >= servo

        peer.until(all_seen)
        # Float32 of the message: a nanosecond. And neutral, when the machine was too slow.
        assert unexpected(seen_motor, motor | {NEUTRAL[0]}) == set()
        assert unexpected(seen_servo, servo | {NEUTRAL[1]}) == set()


def unexpected(seen: set[int], expected: set[int]) -> set[int]:
    return {duty for duty in seen if min(abs(duty - other) for other in expected) > 1}


@pytest.mark.parametrize("node", sorted(NODES))
def test_a_node_that_is_killed_leaves_a_car_in_neutral_and_ends_all(driving, car, peer, node):
    os.kill(driving.nodes()[node], signal.SIGKILL)
    peer.until(lambda: car.motor_and_servo == NEUTRAL)
    assert driving.wait_for_end() == 1
    assert f"{node} has ended with exit code" in driving.output
    assert car.motor_and_servo == NEUTRAL
    assert driving.processes() == {}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_all_of_it_in_neutral(driving, car, number):
    driving.process.send_signal(number)
    driving.wait_for_end()
    assert car.motor_and_servo == NEUTRAL
    assert car.line() == "high"
    assert driving.processes() == {}
    assert "Traceback" not in driving.output
    assert "rcutils" not in driving.output  # where DDS lacks something of our types it is told so


def test_it_tells_the_cameras_optics_and_records_all_topics(start, peer, tmp_path):
    (tmp_path / "ost.yaml").write_text(OPTICS)
    infos: list[CameraInfo] = []
    peer.peer.create_subscription(CameraInfo, "/camera/camera_info", infos.append, NEWEST_IMAGE)
    with start("record:=true", f"camera_info:={tmp_path / 'ost.yaml'}", folder=tmp_path) as running:
        peer.until(lambda: infos)
        info = infos[-1]
        assert (info.width, info.height, info.header.frame_id) == (160, 120, "camera_optical_frame")
        assert list(info.k)[:3] == [125.0, 0.0, 80.0]
        # Inference and the recorder.
        peer.until(lambda: peer.peer.count_subscribers("/camera/image_raw") == 2)
        seen = len(infos)
        peer.until(lambda: len(infos) > seen + 10)
        running.process.send_signal(signal.SIGINT)
        running.wait_for_end()
    said = subprocess.run(
        ["ros2", "bag", "info", str(next(tmp_path.glob("rosbag2_*")))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "/camera/image_raw" in said.stdout


def test_an_unknown_model_ends_it_before_anything_starts(car):
    with Launched(*DRIVE, "hardware:=aws", f"pwm_root:={car.root}", "model:=oval") as running:
        assert running.wait_for_end() == 1
    assert "oval" in running.output
    assert "Traceback" not in running.output
    assert car.attribute(Channel.MOTOR, "enable") == "0"


@pytest.mark.parametrize("name", ["drive", "calibrate"])
def test_without_a_car_nothing_starts_and_it_says_what_to_give(name, tmp_path):
    with Launched("deepracer_car", f"{name}.launch.py", f"pwm_root:={tmp_path}") as running:
        assert running.wait_for_end() == 1
    assert "this computer has no PWM chip of a car: name the car" in running.output
    assert "Traceback" not in running.output
    assert "process started" not in running.output


@pytest.mark.parametrize("name", ["drive", "calibrate"])
def test_arguments_are_described(name):
    shown = subprocess.run(
        ["ros2", "launch", "deepracer_car", f"{name}.launch.py", "--show-args"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'hardware':" in shown.stdout
    assert "'pwm_root':" in shown.stdout
    assert "no description given" not in shown.stdout
