"""Training on a Ray cluster of two nodes on this machine, one of which is lost."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace

import numpy as np
import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.episode import EpisodeRules
from deepracer_core.errors import ConfigError, RewardError
from deepracer_sim.training import remote_rollouts
from deepracer_sim.training.remote_rollouts import RemoteCollector, own_tracks
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.session import begin
from deepracer_sim.training.step_columns import StepColumns, one_column
from deepracer_sim.training.trainer import Trainer
from env_samples import small_env
from training_samples import SMALL, small_config

SETTINGS = {
    "preprocessing": SMALL,
    "cars": 4,
    "hyperparameters": {"batch_size": 32, "num_epochs": 1, "num_steps_between_training": 128},
}
FAILS_LATER = """
calls = 0

def reward_function(params):
    global calls
    calls += 1
    if calls > 600:
        raise ValueError("no reward here")
    return 1.0
"""


def test_each_worker_drives_on_the_tracks_of_its_cars():
    one, two, three = (small_env(rules=EpisodeRules(max_steps=steps)) for steps in (1, 2, 3))
    spread = replace(one, more=(two, three))

    def limits(first: int, last: int) -> list[int]:
        own = own_tracks(spread, 6, slice(first, last))
        return [track.rules.max_steps for track in (own, *own.more)]

    assert limits(0, 6) == [1, 2, 3]
    assert [limits(car, car + 1) for car in range(6)] == [[1], [1], [2], [2], [3], [3]]
    assert limits(1, 3) == [1, 2]
    assert limits(3, 6) == [2, 3]


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray", reason="Ray is optional: pip install -r requirements/ray.txt")
    utils = pytest.importorskip("ray.cluster_utils")
    made = utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield made
    ray.shutdown()
    made.shutdown()


def test_training_survives_the_loss_of_a_node(cluster, tmp_path, caplog):
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    said: list[str] = []
    seen = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("iteration    2") and not line.endswith("driving"):
            cluster.remove_node(node, allow_graceful=False)

    settings = {**SETTINGS, "name": "far", "ray_address": cluster.address, "max_steps": 500}
    session = begin(settings, ModelStore(tmp_path))
    with caplog.at_level(logging.WARNING, remote_rollouts.__name__):
        Trainer(session, say=say, watchers=(seen.append,), make_source=RemoteCollector).run()
    session.bundle.validate()
    steps = [line.split(" steps,")[0].split()[-1] for line in said if " steps/s" in line]
    assert steps[:2] == ["128", "256"]
    assert "rollout worker" in caplog.text
    assert "was lost" in caplog.text
    assert int(steps[-1]) >= 500
    assert [moment.step for moment in seen[:5]] == [1, 2, 3, 4, 5]


def test_what_goes_wrong_far_away_is_told_here(cluster, tmp_path):
    path = tmp_path / "fails.py"
    path.write_text(FAILS_LATER)
    given = {"name": "failing", "ray_address": cluster.address, "workers": 1, "reward": str(path)}
    session = begin({**SETTINGS, **given}, ModelStore(tmp_path))
    with pytest.raises(RewardError, match="no reward here"):
        Trainer(session, say=lambda _: None, make_source=RemoteCollector).run()
    session.bundle.validate()


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"requirements/ray\.txt"):
        remote_rollouts._join("auto")


def test_the_steps_of_cars_stand_below_each_other():
    spec = small_config().spec
    shape, cars, steps = spec.preprocessing.input_shape[1:], 3, 4
    buffer = RolloutBuffer(steps, shape, np.zeros((cars, 2), np.float32))
    number = np.arange(steps * cars, dtype=np.float32).reshape(steps, cars)
    for row in number:
        images = np.zeros((cars, *shape), np.uint8) + row.astype(np.uint8)[:, None, None, None]
        pairs = np.stack((row, -row), 1)
        ended = row == 4
        buffer.append(images, pairs, row, row + 100, row + 200, ended, (row + 300) * ended)
    columns = StepColumns.of(buffer, np.float32([7, 8, 9]))
    order = number.T.ravel()
    column = one_column(spec, len(columns))
    columns.write(column)
    np.testing.assert_array_equal(column.images[:, 0, 0, 0, 0], order)
    np.testing.assert_array_equal(column.actions[:, 0], np.stack((order, -order), 1))
    np.testing.assert_array_equal(column.values[:, 0], order + 100)
    np.testing.assert_array_equal(column.rewards[:, 0], order + 200)
    np.testing.assert_array_equal(column.ended[:, 0], np.isin(order, [4, 9, 10, 11]))
    final = dict(zip(order, column.final_values[:, 0]))
    assert (final[4], final[9], final[10], final[11]) == (304, 7, 8, 9)
