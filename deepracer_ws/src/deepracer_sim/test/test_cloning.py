"""A clone starts where its source is, with other settings, and refuses what cannot fit."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.errors import BundleError, ConfigError
from deepracer_core.policy import Policy
from deepracer_sim.training.checkpoints import Checkpoint
from deepracer_sim.training.cloning import inherit, weights_of
from deepracer_sim.training.export import export_policy
from deepracer_sim.training.learner import Learner
from deepracer_sim.training.model_files import BEST, START
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.session import Session, begin, clone, go_on
from deepracer_sim.training.tensors import named
from deepracer_sim.training.trainer import StopReason, Trainer
from training_samples import SMALL, discrete_settings, iterations

SETTINGS = {
    "name": "source",
    "preprocessing": SMALL,
    "cars": 4,
    "hyperparameters": {
        "batch_size": 32,
        "num_epochs": 1,
        "lr": 5e-4,
        "num_steps_between_training": 64,
    },
    "max_steps": 128,
    "max_minutes": 7.0,
}
REWARD = "def reward_function(params):\n    return float(params['speed'])\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> ModelStore:
    folder = tmp_path_factory.mktemp("clones")
    (folder / "mine.py").write_text(REWARD)
    store = ModelStore(folder / "models")
    session = begin({**SETTINGS, "reward": str(folder / "mine.py")}, store)
    Trainer(session, say=lambda _: None).run()
    (folder / "mine.py").unlink()
    return store


def begun_with(session: Session) -> Learner:
    """What the trainer of a new clone begins with."""
    learner = Learner(session.config)
    learner.begin_with(Checkpoint.read(session.bundle.path / START))
    return learner


def test_it_begins_with_the_weights_and_settings_of_its_source(store):
    changes = {"name": "clone", "hyperparameters": {"lr": 1e-4}, "direction": "alternate"}
    session = clone(changes, "source", store)
    assert session.config.hyperparameters.lr == 1e-4
    assert session.config.hyperparameters.batch_size == 32
    assert session.config.max_minutes == 150.0  # not that of the source
    assert session.bundle.read_reward_function() == REWARD
    assert session.notes[0] == "a clone of source; what differs:"
    assert {note.strip() for note in session.notes[1:]} == {
        "hyperparameters.lr: 0.0005 -> 0.0001",
        "direction: as_defined -> alternate",
        "max_minutes: 7.0 -> 150.0",
        "max_steps: 128 -> 0",
    }
    given = weights_of(store.find("source")).tensors
    begun = named("network", begun_with(session).network.state_dict())
    assert given.keys() == begun.keys()
    for name, value in given.items():
        np.testing.assert_array_equal(value, begun[name], err_msg=name)


def test_actions_of_a_list_are_replaced_by_those_of_a_grid(store):
    grid = {"steering_granularity": 3, "speed_granularity": 1}
    begin({**SETTINGS, "name": "listed", "action_space": {"grid": grid}}, store)
    faster = {"action_space": {"grid": {**grid, "max_speed": 2.0}}}
    inherited = RunConfig.from_settings({**inherit(store.find("listed"), faster), "name": "faster"})
    assert [speed for _, speed in inherited.action_space.actions] == [2.0] * 3


def test_it_trains_and_goes_on(store):
    said: list[str] = []
    session = clone({"name": "trained", "max_episodes": 3}, "source", store)
    assert Trainer(session, say=said.append).run() is StopReason.EPISODES
    assert iterations(said)[0].startswith("iteration    1")
    later = go_on({"name": "trained", "max_episodes": 1000}, store)
    assert go_on({"name": "trained"}, store).config == later.config  # the new limit is kept


def test_a_model_without_checkpoints_can_be_cloned(store):
    shipped = store.clone(store.find("source"), "shipped")
    for file in (shipped.path / "checkpoints").iterdir():
        file.unlink()
    session = clone({"name": "from-policy"}, "shipped", store)
    assert (session.bundle.path / START).is_file()
    picture = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    exported = export_policy(begun_with(session).network, session.config.spec, "slim")
    decisions = [Policy.load(source).decide(picture).distribution for source in (shipped, exported)]
    np.testing.assert_allclose(*decisions, atol=1e-5)


def test_the_best_weights_are_taken_where_there_are_some(store):
    source = store.clone(store.find("source"), "with-best")
    best = weights_of(store.find("source"))
    best.tensors["network.head.bias"][:] = 0.25
    best.write(source.path / BEST)
    assert (weights_of(source).tensors["network.head.bias"] == 0.25).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "deep"}, r"a clone of source keeps its network \(slim, not deep\)"),
        ({"preprocessing": {"width": 64}}, "its picture"),
        ({"hyperparameters": {"stack_size": 2}}, "its picture"),
        ({"algorithm": "sac"}, r"algorithm \(ppo, not sac\)"),
        (
            {"action_space": discrete_settings()},
            r"its actions \(continuous, not 3 in a list\)",
        ),
        (
            {"action_space": {"grid": {"max_speed": 2.0, "speed_granularity": 1}}},
            r"its actions \(continuous, not 5 in a list\)",
        ),
        ({"preset": "aws"}, "give single ones, no preset"),
    ],
)
def test_what_cannot_fit_is_refused(store, changes, message):
    with pytest.raises(ConfigError, match=message):
        clone({"name": "impossible", **changes}, "source", store)
    assert "impossible" not in [bundle.name for bundle in store.bundles()]


def test_only_what_was_trained_here_can_be_cloned(store):
    with pytest.raises(BundleError, match="there is no model 'nobody'"):
        clone({"name": "new"}, "nobody", store)
    with pytest.raises(BundleError, match="there is a model source already"):
        clone({"name": "source"}, "source", store)
    stranger = store.create("stranger", {"model_metadata.json": _metadata(store)})
    with pytest.raises(BundleError, match="it holds no training_params"):
        clone({"name": "new"}, stranger.name, store)


def _metadata(store: ModelStore) -> bytes:
    return (store.find("source").path / "model_metadata.json").read_bytes()


def test_the_training_of_a_model_without_checkpoints_does_not_go_on(store):
    shipped = store.clone(store.find("source"), "as-shipped")
    for file in (shipped.path / "checkpoints").iterdir():
        file.unlink()
    before = (shipped.path / "policy.onnx").read_bytes()
    with pytest.raises(BundleError, match=r"as-shipped holds no checkpoint .*: clone it"):
        go_on({"name": "as-shipped"}, store)
    assert (shipped.path / "policy.onnx").read_bytes() == before
