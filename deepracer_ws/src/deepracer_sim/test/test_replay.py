"""Recordings are read and replayed; decisions are compared as they were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ament_index_python.packages import get_package_share_directory
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import StorageError
from deepracer_drive.driver import Driver
from deepracer_drive.messages import to_time
from deepracer_interfaces.msg import PolicyDecision, StepOutcome
from deepracer_sim.cli.replay import DIFFERENT, EQUAL, REFUSED, main
from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS as PERIOD
from deepracer_sim.h264 import read_video
from deepracer_sim.recording import DECISION, IMAGE, ODOMETRY, REWARD, Recording
from deepracer_sim.replay import replay
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from sensor_msgs.msg import Image
from untrained import create_untrained, picture

PICTURES = 6
UNDECIDED = 2
"""Number of the picture without a decision."""


def _typestore():
    store = get_typestore(Stores.ROS2_JAZZY)
    folder = Path(get_package_share_directory("deepracer_interfaces")) / "msg"
    for name in ("PolicyDecision", "StepOutcome"):
        text = (folder / f"{name}.msg").read_text()
        store.register(get_types_from_msg(text, f"deepracer_interfaces/msg/{name}"))
    return store


TYPES = {
    IMAGE: "sensor_msgs/msg/Image",
    DECISION: "deepracer_interfaces/msg/PolicyDecision",
    ODOMETRY: "nav_msgs/msg/Odometry",
    REWARD: "deepracer_interfaces/msg/StepOutcome",
}


def write_bag(path: Path, messages: list[tuple[str, object]]) -> Path:
    """A bag as `ros2 bag record` writes it; messages of a topic are stamped in their order."""
    store = _typestore()
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {
            topic: writer.add_connection(topic, TYPES[topic], typestore=store)
            for topic in {topic for topic, _ in messages}
        }
        for time, (topic, message) in enumerate(messages):
            writer.write(connections[topic], time, serialize_message(message))
    return path


def moment(driver: Driver, number: int, *, sample: bool = False) -> list[tuple[str, object]]:
    """What the graph publishes in a control period."""
    stamp = (number + 1) * PERIOD
    seen = picture(number)
    driven = driver.drive(seen, "rgb8", stamp)
    image = Image(height=120, width=160, encoding="rgb8", step=480, data=seen.tobytes())
    decision = PolicyDecision(
        model=driver.model,
        action=driven.decision.action,
        steering_angle=driven.decision.steering_angle if not sample else 0.123,
        speed=driven.decision.speed,
        distribution=driven.decision.distribution.tolist(),
        sampled=sample,
    )
    odometry = Odometry()
    odometry.pose.pose.position.x, odometry.pose.pose.position.y = 3.0 + number / 10, 0.7
    odometry.pose.pose.orientation.w = 1.0
    outcome = StepOutcome(episode=0, step=number + 1, progress=1.0 * number)
    all_messages = [
        (IMAGE, image),
        (IMAGE, image),  # sent again, as to who missed it
        (DECISION, decision),
        (ODOMETRY, odometry),
        (REWARD, outcome),
    ]
    for _, message in all_messages:
        message.header.stamp = to_time(stamp)
    return all_messages


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> ModelStore:
    made = ModelStore(tmp_path_factory.mktemp("models"))
    for seed, name in enumerate(("driven", "other")):
        create_untrained(made, name, seed=seed, frames=2)
    return made


def make_bag(path: Path, store: ModelStore, *, sample: bool = False) -> Path:
    driver = Driver(store)
    driver.load("driven")
    messages = [entry for n in range(PICTURES) for entry in moment(driver, n, sample=sample)]
    decisions = [index for index, (topic, _) in enumerate(messages) if topic == DECISION]
    del messages[decisions[UNDECIDED]]
    return write_bag(path, messages)


@pytest.fixture(scope="module")
def bag(store, tmp_path_factory) -> Path:
    return make_bag(tmp_path_factory.mktemp("bags") / "drive", store)


@pytest.fixture(autouse=True)
def own_models(store, monkeypatch) -> None:
    monkeypatch.setenv("DEEPRACER_MODELS", str(store.root))


def test_a_recording_tells_what_belongs_to_each_picture(bag):
    frames = list(Recording.read(bag).frames())
    assert [frame.stamp for frame in frames] == [(n + 1) * PERIOD for n in range(PICTURES)]
    for number, frame in enumerate(frames):
        assert (frame.image == picture(number)).all()
        assert (frame.decision is None) == (number == UNDECIDED)
        assert frame.outcome.step == number + 1
        assert frame.odometry.pose.pose.position.x == 3.0 + number / 10


def test_the_model_that_drove_decides_the_same_again(bag, capsys):
    assert main([str(bag)]) == EQUAL
    told = capsys.readouterr().out
    assert "model driven: 6 pictures, 5 with a decision" in told
    assert "equal decisions: 5 of 5 (100.00%)" in told


def test_another_model_decides_otherwise(bag, store, capsys):
    driver = Driver(store)
    driver.load("other")
    comparison = replay(Recording.read(bag), driver)
    first = comparison.differences[0]
    assert 0.0 <= comparison.share < 1.0
    assert first.time == pytest.approx((first.number - 1) * 0.066)
    assert main([str(bag), "--model", "other"]) == DIFFERENT
    assert f"first difference: picture {first.number} at" in capsys.readouterr().out
    assert main([str(bag), "--model", "other", "--at-least", "0"]) == EQUAL


def test_decisions_at_random_are_compared_by_the_likeliest(store, tmp_path):
    """They were drawn, and the recording says another steering angle than the likeliest."""
    assert main([str(make_bag(tmp_path / "drawn", store, sample=True))]) == EQUAL


def test_the_video_has_the_pictures_of_the_recording(bag, tmp_path):
    assert main([str(bag), "--video", str(tmp_path / "drive.mp4")]) == EQUAL
    _, pictures = read_video(tmp_path / "drive.mp4")
    shapes = [shown.shape for shown in pictures]
    assert shapes == [(720, 1280, 3)] * PICTURES


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda bag: (bag / "metadata.yaml").unlink(), "was cut off; repair it with: ros2 bag"),
        (lambda bag: next(bag.glob("*.mcap")).write_bytes(b"nothing"), "cannot read the bag"),
        (lambda bag: next(bag.glob("*.mcap")).unlink(), "cannot read the bag"),
    ],
)
def test_a_broken_bag_is_told(store, tmp_path, capsys, damage, message):
    bag = make_bag(tmp_path / "broken", store)
    damage(bag)
    assert main([str(bag)]) == REFUSED
    assert message in capsys.readouterr().err


def test_what_cannot_be_replayed_is_told(store, tmp_path, capsys):
    assert main([str(tmp_path / "nowhere")]) == REFUSED
    assert "is no bag" in capsys.readouterr().err
    blind = write_bag(tmp_path / "blind", [(REWARD, StepOutcome())])
    with pytest.raises(StorageError, match="holds no /camera/image_raw"):
        Recording.read(blind)
    image = Image(height=120, width=160, encoding="rgb8", step=480, data=bytes(57600))
    silent = write_bag(tmp_path / "silent", [(IMAGE, image)])
    assert main([str(silent)]) == REFUSED
    assert "tell with --model which model decides" in capsys.readouterr().err
    assert main([str(silent), "--model", "driven"]) == DIFFERENT
    assert "nothing to compare" in capsys.readouterr().out
    short = Image(height=120, width=160, encoding="rgb8", step=480, data=bytes(100))
    assert main([str(write_bag(tmp_path / "short", [(IMAGE, short)])), "--model", "driven"]) == 2
    assert "does not fit into its 100 bytes" in capsys.readouterr().err


def test_pixels_are_not_shared_with_the_reader(bag):
    first, second, *_ = Recording.read(bag).frames()
    assert not np.shares_memory(first.image, second.image)
