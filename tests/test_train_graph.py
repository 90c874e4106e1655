"""Training through the ROS graph as a user launches it: it learns, and a lost node is told."""

from __future__ import annotations

import json
import re
from itertools import count

from deepracer_core.bundle.store import ModelStore
from deepracer_core.sim_trace import TraceRow
from deepracer_core.trace_file import read_trace
from launched import Launched

TRAIN = ("deepracer_sim", "train.launch.py", "rollout:=graph")
STEPS = 64  # of an iteration
SMALL = (
    "preprocessing:={width: 48, height: 40, crop_top: 4}",
    f"hyperparameters:={{batch_size: 32, num_epochs: 1, num_steps_between_training: {STEPS}}}",
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


def rows_of_the_first_graph(iteration: int) -> list[TraceRow]:
    """What is traced of an iteration, from 1."""
    folder = ModelStore().find("through-ros").path / "training-simtrace"
    return read_trace(folder / f"{iteration - 1}-iteration.csv")


def test_two_graphs_train_one_model_that_goes_on():
    with Launched(*TRAIN, "model:=through-ros", "num_simulators:=2", *SMALL) as a:
        # One may come seconds after the other, which meanwhile drives all by itself.
        for number in count(1):
            a.wait_for(f"iteration {number:4d} |")
            if 0 < len(rows_of_the_first_graph(number)) < STEPS:
                break
        a.press_ctrl_c()
        a.wait_for_end()
    lines = re.findall(r"iteration +(\d+) \|.* ([\d,]+) steps,", a.output)
    assert (str(number), f"{number * STEPS:,}") in lines
    bundle = ModelStore().find("through-ros")
    bundle.validate()
    records = json.loads((bundle.path / "training_metrics.json").read_text())["metrics"]
    rows = [row for done in range(1, number + 1) for row in rows_of_the_first_graph(done)]
    assert all(0.5 <= row.speed <= 2.0 for row in rows)
    assert sum(row.done for row in rows) <= len(records)
    # rollout and number of graphs are those of the model
    with Launched(*TRAIN[:2], "model:=through-ros", "resume:=true", "max_steps:=10000000") as b:
        b.wait_for(f"iteration {len(lines) + 1:4d} |")
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
