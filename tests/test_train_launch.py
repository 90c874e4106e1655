"""Training as a user launches it: one car is seen live, and Ctrl-C leaves a model that drives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_interfaces.msg import StepOutcome
from launched import Launched
from nav_msgs.msg import Odometry
from node_bench import Bench, bench
from sensor_msgs.msg import Image, JointState
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

TRAIN = ("deepracer_sim", "train.launch.py")
SMALL = (
    *("cars:=4", "preprocessing:={width: 48, height: 40, crop_top: 4}"),
    "hyperparameters:={batch_size: 32, num_epochs: 1, num_steps_between_training: 128}",
)
WHOLE_TRAINING = 240.0  # [s] until a test gives up, on a busy machine
REWARD = """
def reward_function(params):
    return 1.0 if params["all_wheels_on_track"] else 1e-3
"""


@pytest.fixture
def peer() -> Iterator[Bench]:
    with bench() as made:
        yield made


def test_one_car_is_seen_live_and_ctrl_c_leaves_a_model(peer, tmp_path):
    reward = tmp_path / "mine.py"
    reward.write_text(REWARD)
    topics = {
        "/training/odom": Odometry,
        "/training/camera/image_raw": Image,
        "/joint_states": JointState,
        "/tf": TFMessage,
        "/training/reward": StepOutcome,
        "/track/markers": MarkerArray,
    }
    with Launched(*TRAIN, "model:=live", f"reward:={reward}", *SMALL) as running:
        for topic, kind in topics.items():
            peer.listen(kind, topic)
        peer.until(lambda: all(peer.heard[topic] for topic in topics))
        # What a car or a simulation beside the training would follow.
        for topic in ("/drive", "/policy/drive", "/camera/image_raw", "/odom", "/reward"):
            assert not peer.peer.count_publishers(topic)
        running.wait_for("iteration    1")
        assert set(running.nodes()) >= {"trainer", "robot_state_publisher"}
        running.press_ctrl_c()
        assert running.wait_for_end() == 0
        assert not running.processes()
    image = peer.heard["/training/camera/image_raw"][0]
    assert (image.encoding, image.width, image.height) == ("rgb8", 48, 36)
    assert {outcome.reward for outcome in peer.heard["/training/reward"]} <= {1.0, 1e-3}
    assert "it was asked to stop" in running.output
    bundle = ModelStore().find("live")
    bundle.validate()
    assert bundle.read_reward_function() == REWARD


def test_the_same_name_is_refused_without_resume(tmp_path):
    limits = ("max_steps:=256", *SMALL)
    with Launched(*TRAIN, "model:=twice", *limits) as running:
        assert running.wait_for_end(WHOLE_TRAINING) == 0
    with Launched(*TRAIN, "model:=twice", *limits) as running:
        running.wait_for("there is a model twice already: give resume:=true")
        assert running.wait_for_end(WHOLE_TRAINING) == 1
    with Launched(*TRAIN, "model:=twice", "resume:=true", "max_steps:=384") as running:
        running.wait_for("iteration    3")
        running.wait_for("the steps are done")
        running.wait_for_end(WHOLE_TRAINING)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("max_steps:=1e5", "max_steps:=1e5: give a whole number"),
        ("stop_when_good:=maybe", "stop_when_good:=maybe: give true or false"),
        ("seed:=-5", "seed must be 0 to 2147483647"),
        ("ray_address:=127.0.0.1:1", "ray_address needs Ray"),
    ],
)
def test_what_is_refused_is_said_in_a_line_and_takes_no_name(argument, message):
    if "ray_address" in argument and find_spec("ray"):
        pytest.skip("Ray is installed")
    with Launched(*TRAIN, "model:=refused", argument) as running:
        assert running.wait_for_end() == 1
    assert message in running.output
    assert "Traceback" not in running.output
    assert "refused" not in [bundle.name for bundle in ModelStore().bundles()]


def test_the_model_that_ships_is_what_its_card_says():
    bundle = ModelBundle(Path(__file__).parents[1] / "models" / "reinvent-2018-sample")
    bundle.validate()
    card = (bundle.path / "model_card.md").read_text()
    assert "planar, 8 starts, 3 laps each: 8/8 trials" in card
    assert "mujoco, laps from the start line: 10/10 trials" in card
    records = json.loads((bundle.path / "training_metrics.json").read_text())["metrics"]
    last = [record["completion_percentage"] for record in records[-18:]]
    assert last == [100] * 18
