"""Training through the ROS graph as a user launches it: it learns, and a lost node is told."""

from __future__ import annotations

import json
import re

from deepracer_core.bundle.store import ModelStore
from deepracer_core.trace_file import read_trace
from launched import Launched

TRAIN = ("deepracer_sim", "train.launch.py", "rollout:=graph")
SMALL = (
    "preprocessing:={width: 48, height: 40, crop_top: 4}",
    "hyperparameters:={batch_size: 32, num_epochs: 1, num_steps_between_training: 64}",
)
REWARD = """
calls = 0

def reward_function(params):
    global calls
    calls += 1
    if calls > 600:
        raise ValueError("far enough")
    return 1.0
"""


def test_two_graphs_train_one_model_that_goes_on():
    with Launched(*TRAIN, "model:=through-ros", "num_simulators:=2", "max_steps:=128", *SMALL) as a:
        a.wait_for("the steps are done")
        a.wait_for_end()
    lines = re.findall(r"iteration +(\d+) \|.* ([\d,]+) steps,", a.output)
    assert ("1", "64") in lines
    assert ("2", "128") in lines
    bundle = ModelStore().find("through-ros")
    bundle.validate()
    records = json.loads((bundle.path / "training_metrics.json").read_text())["metrics"]
    rows = [
        row
        for number in range(2)
        for row in read_trace(bundle.path / "training-simtrace" / f"{number}-iteration.csv")
    ]
    # of the first graph, which takes about half of the steps
    assert 16 <= len(rows) <= 112
    assert all(0.5 <= row.speed <= 2.0 for row in rows)
    assert sum(row.done for row in rows) <= len(records)
    # rollout and number of graphs are those of the model
    with Launched(*TRAIN[:2], "model:=through-ros", "resume:=true", "max_steps:=10000") as b:
        b.wait_for("iteration    3")
        b.press_ctrl_c()
        b.wait_for_end()
        assert not b.processes()
    assert "it was asked to stop" in b.output
    bundle.validate()


def test_a_node_that_ends_ends_the_training_with_a_model_that_is_complete(tmp_path):
    reward = tmp_path / "mine.py"
    reward.write_text(REWARD)
    with Launched(*TRAIN, "model:=bereft", f"reward:={reward}", *SMALL) as running:
        running.wait_for("far enough")
        running.wait_for("the ROS graph has lost /reward")
        running.wait_for("go on with resume:=true")
        running.wait_for("exit code 1, cmd")
        assert running.wait_for_end() == 1
        assert not running.processes()
    ModelStore().find("bereft").validate()
