"""A whole training in the planar engine, a short one: it leaves a model that drives."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import BundleError, RewardError, TrainingError
from deepracer_core.policy import Policy
from deepracer_core.trace_file import read_trace
from deepracer_sim.training import trainer
from deepracer_sim.training.checkpoints import LATEST, Checkpoint
from deepracer_sim.training.collector import vector_source
from deepracer_sim.training.moments import Moment
from deepracer_sim.training.ppo import Ppo
from deepracer_sim.training.session import begin, go_on
from deepracer_sim.training.trainer import StopReason, Trainer
from training_samples import SMALL, iterations

SETTINGS = {
    "name": "short",
    "preprocessing": SMALL,
    "cars": 4,
    "hyperparameters": {
        "batch_size": 32,
        "num_epochs": 1,
        "num_steps_between_training": 128,
    },
    "max_steps": 384,
}

LONG = {**SETTINGS["hyperparameters"], "num_steps_between_training": 1024}

FAILS_LATER = """
calls = 0

def reward_function(params):
    global calls
    calls += 1
    if calls > 5000:
        raise ValueError("enough")
    return 1.0
"""


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The store with a model of three iterations, what was said, and what was seen."""
    store = ModelStore(tmp_path_factory.mktemp("models"))
    said: list[str] = []
    seen: list[Moment] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "EVALUATION_STEPS", 256)
        session = begin(SETTINGS, store)
        reason = Trainer(session, say=said.append, watchers=(seen.append,)).run()
    assert reason is StopReason.STEPS
    return store, said, seen


@pytest.fixture
def copy(trained, tmp_path) -> ModelStore:
    """A copy of that model, to go on with."""
    store, _, _ = trained
    shutil.copytree(store.root, tmp_path / "copy")
    return ModelStore(tmp_path / "copy")


def test_the_model_is_complete_and_drives(trained):
    bundle = trained[0].find("short")
    bundle.validate()
    assert set(bundle.files()) >= {
        *("model_metadata.json", "policy.onnx", "reward_function.py", "hyperparameters.json"),
        *("training_params.yaml", "training_metrics.json", "training.png", "model_card.md"),
        *("checkpoints/latest.safetensors", "training-simtrace/0-iteration.csv"),
    }
    decision = Policy.load(bundle).decide(np.zeros((120, 160, 3), np.uint8))
    assert 0.5 <= decision.speed <= 2.0


def test_it_says_how_it_goes(trained):
    _, said, _ = trained
    lines = iterations(said)
    assert [re.findall(r"[\d,]+(?= steps,)", line)[0] for line in lines] == ["128", "256", "384"]
    assert sum("evaluation in planar: 0/8 trials" in line for line in said) == 1
    assert any("the best so far" in line for line in said)
    assert "the steps are done" in said[-2]


def test_metrics_count_every_episode(trained):
    store, said, _ = trained
    records = json.loads((store.root / "short" / "training_metrics.json").read_text())["metrics"]
    driven = [record for record in records if record["phase"] == "training"]
    last = iterations(said)[-1]
    assert len(driven) == int(re.findall(r"(\d+) episodes", last)[0]) > 0
    assert [record["episode"] for record in driven] == [*range(1, len(driven) + 1)]
    assert sum(record["phase"] == "evaluation" for record in records) == 8


def test_the_trace_is_what_was_seen(trained):
    store, _, seen = trained
    folder = store.root / "short" / "training-simtrace"
    rows = [row for i in range(3) for row in read_trace(folder / f"{i}-iteration.csv")]
    assert len(rows) == 3 * 128 // 4
    for row, moment in zip(rows, seen):
        assert (row.episode, row.steps, row.done) == (moment.episode, moment.step, moment.done)
        assert row.reward == moment.reward
        assert np.radians(row.steering_angle) == pytest.approx(moment.steering_angle)
    assert rows[0].steps == 1
    assert all(row.episode % 4 == 0 for row in rows)  # the first of four cars


def test_it_goes_on_where_it_was(copy):
    said: list[str] = []
    session = go_on({"name": "short", "max_steps": 512}, copy)
    assert session.config.hyperparameters.num_epochs == 1
    assert Trainer(session, say=said.append).run() is StopReason.STEPS
    (line,) = iterations(said)
    assert line.startswith("iteration    4")
    assert "512 steps," in line
    records = json.loads((copy.root / "short" / "training_metrics.json").read_text())["metrics"]
    episodes = [record["episode"] for record in records if record["phase"] == "training"]
    assert episodes == [*range(1, len(episodes) + 1)]


def test_the_same_seed_trains_the_same(trained, store):
    Trainer(begin(SETTINGS, store), say=lambda _: None).run()
    one, other = (
        (s.root / "short" / "checkpoints" / "latest.safetensors") for s in (trained[0], store)
    )
    weights = [_weights(path) for path in (one, other)]
    assert weights[0].keys() == weights[1].keys()
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name], err_msg=name)


def test_asked_to_stop_it_leaves_a_complete_model(store):
    stop = threading.Event()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("iteration    2"):
            stop.set()

    session = begin({**SETTINGS, "max_steps": 0}, store)
    assert Trainer(session, say=say, stop=stop).run() is StopReason.ASKED
    session.bundle.validate()
    assert (session.bundle.path / "training.png").is_file()
    assert go_on({"name": "short"}, store).config == session.config


def test_asked_in_the_middle_of_an_update_it_does_not_finish_it(store, monkeypatch):
    stop, done = threading.Event(), []
    step = Ppo._step

    def stopping(self, batch):
        done.append(1)
        stop.set()
        return step(self, batch)

    monkeypatch.setattr(Ppo, "_step", stopping)
    session = begin({**SETTINGS, "max_steps": 0}, store)
    assert Trainer(session, say=lambda _: None, stop=stop).run() is StopReason.ASKED
    assert len(done) == 1  # of four
    session.bundle.validate()
    assert Checkpoint.read(session.bundle.path / LATEST).record["iteration"] == 1


def test_a_limit_that_is_reached_does_not_wait_for_the_experience_under_way(store):
    """Which here would take for ever."""

    class Endless:
        def __init__(self, setup):
            self._source, self._is_first = vector_source(setup), True

        def collect(self, is_over):
            if self._is_first:
                self._is_first = False
                return self._source.collect(is_over)
            while not is_over():
                time.sleep(0.001)
            return self._source.collect(is_over)

        def __getattr__(self, name):
            return getattr(self._source, name)

    session = begin({**SETTINGS, "max_steps": 128}, store)
    reason = Trainer(session, say=lambda _: None, make_source=Endless).run()
    assert reason is StopReason.STEPS


def test_a_training_that_cannot_begin_gives_its_name_back(store):
    session = begin(SETTINGS, store)
    assert [bundle.name for bundle in store.bundles()] == ["short"]
    session.withdraw()
    assert store.bundles() == []


def test_who_goes_on_with_a_model_leaves_it_where_it_is(store):
    """Be it that another process has just made it and not yet written its policy."""
    made = begin(SETTINGS, store).bundle
    assert not made.has_policy
    go_on({"name": "short"}, store).withdraw()
    assert made.read_reward_function()


def test_a_reward_function_that_fails_later_leaves_the_last_model(store, tmp_path):
    path = tmp_path / "fails_later.py"
    path.write_text(FAILS_LATER)
    said: list[str] = []
    given = {"hyperparameters": LONG, "reward": str(path), "max_steps": 0}
    session = begin({**SETTINGS, **given}, store)
    with pytest.raises(RewardError, match="enough"):
        Trainer(session, say=said.append).run()
    session.bundle.validate()
    assert len(iterations(said)) >= 3


def test_a_loss_that_is_no_number_leaves_the_last_model(store, monkeypatch):
    update = Ppo.update
    calls = []

    def poisoned(self, samples, is_over):
        calls.append(samples)
        if len(calls) == 2:
            samples.returns[0] = np.nan
        return update(self, samples, is_over)

    monkeypatch.setattr(Ppo, "update", poisoned)
    session = begin(SETTINGS, store)
    with pytest.raises(TrainingError, match="diverged"):
        Trainer(session, say=lambda _: None).run()
    session.bundle.validate()


def test_a_name_in_use_is_refused(trained):
    with pytest.raises(BundleError, match="give resume:=true"):
        begin(SETTINGS, trained[0])


def test_a_reward_function_that_cannot_work_is_refused_before_anything_is_made(store, tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("def reward_function(params):\n    return params['spped']\n")
    with pytest.raises(RewardError, match=r"broken\.py, line 2: KeyError"):
        begin({**SETTINGS, "reward": str(path)}, store)
    assert store.bundles() == []


def test_only_a_known_model_goes_on(store):
    with pytest.raises(BundleError, match="there is no model 'short'"):
        go_on({"name": "short"}, store)


def _weights(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)
