"""The networks in torch: what they put out, and that policy.onnx puts out the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import ConfigError, PolicyError, TrainingError
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import ARCHITECTURES, weight_shapes
from deepracer_core.policy import Policy
from deepracer_core.policy_spec import PolicySpec
from deepracer_sim.training import export
from deepracer_sim.training.export import export_policy, outputs
from deepracer_sim.training.networks import ActorCritic, draw_actions, greedy_actions
from training_samples import SMALL, SPACES

PICTURE = Preprocessing(**SMALL)


def make_spec(space: str, picture: Preprocessing = PICTURE) -> PolicySpec:
    return PolicySpec("sample", picture, ModelMetadata(SPACES[space]))


def make_network(space: str = "discrete", **options: object) -> ActorCritic:
    torch.manual_seed(0)
    network = ActorCritic(make_spec(space), "slim", **options)
    for parameter in network.head.parameters():
        torch.nn.init.normal_(parameter)  # as if trained: initially all actions are equal
    return network


def images(count: int = 4) -> torch.Tensor:
    shape = (count, *PICTURE.input_shape[1:])
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator())


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("space", SPACES)
def test_a_value_and_a_distribution_for_each_image(space, shared):
    network = make_network(space, shared=shared)
    distribution, values = network(images())
    assert values.shape == (4,)
    actions = draw_actions(distribution, torch.Generator().manual_seed(0))
    assert distribution.log_prob(actions).shape == (4,)
    assert distribution.entropy().shape == (4,)
    assert greedy_actions(distribution).shape == actions.shape


def test_a_critic_of_its_own_leaves_the_policy_alone():
    network = make_network(shared=False)
    _, values = network(images())
    values.sum().backward()
    assert all(parameter.grad is None for parameter in network.policy.parameters())
    assert all(parameter.grad is not None for parameter in network.critic.parameters())


def test_draws_follow_the_distribution():
    network, generator = make_network("continuous", initial_log_std=-1.0), torch.Generator()
    distribution, _ = network(images(1).expand(20_000, -1, -1, -1))
    actions = draw_actions(distribution, generator).detach()
    mean = distribution.mean[0].detach()
    np.testing.assert_allclose(actions.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(actions.std(0), [np.exp(-1)] * 2, atol=0.02)
    discrete, _ = make_network()(images(1).expand(20_000, -1, -1, -1))
    counts = torch.bincount(draw_actions(discrete, generator), minlength=len(SPACES["discrete"]))
    np.testing.assert_allclose(counts / 20_000, discrete.probs[0].detach(), atol=0.02)


def test_first_policy_prefers_no_action():
    torch.manual_seed(0)
    distribution, _ = ActorCritic(make_spec("discrete"), "slim")(images())
    assert distribution.probs.max() < 1.1 * distribution.probs.min()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("space", SPACES)
def test_policy_on_the_car_decides_as_the_network(architecture, space):
    spec = make_spec(space, Preprocessing(80, 60))
    torch.manual_seed(1)
    network = ActorCritic(spec, architecture, shared=False, initial_log_std=-0.7)
    torch.nn.init.normal_(network.head.weight)
    assert {name: w.shape for name, w in network.policy_weights().items()} == weight_shapes(
        spec, architecture
    )
    policy = Policy.load(export_policy(network, spec, architecture))
    pictures = np.random.default_rng(0).integers(0, 256, (3, 60, 80), np.uint8)
    expected = outputs(network, pictures[:, None])
    for picture, row in zip(pictures, expected):
        decision = policy.decide(picture, encoding="mono8")
        np.testing.assert_allclose(decision.distribution, row, atol=1e-4)


def test_weights_that_are_no_numbers_are_not_exported():
    network = make_network()
    with torch.no_grad():
        network.head.weight[0, 0] = torch.nan
    with pytest.raises(PolicyError, match=r"'head\.weight' holds NaN"):
        export_policy(network, make_spec("discrete"), "slim")


def test_an_export_that_differs_is_refused(monkeypatch):
    network, other = make_network(), make_network()
    torch.nn.init.normal_(other.head.weight)
    monkeypatch.setattr(network, "policy_weights", other.policy_weights)
    with pytest.raises(TrainingError, match="differs from the trained one"):
        export_policy(network, make_spec("discrete"), "slim")
    assert export.TOLERANCE < 1e-3


def test_an_image_that_is_too_small_is_refused():
    with pytest.raises(ConfigError, match="30x48 are too small"):
        ActorCritic(make_spec("discrete", Preprocessing(48, 30)), "slim")
