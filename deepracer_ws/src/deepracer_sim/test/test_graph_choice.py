"""What a training takes from the decisions that a graph publishes."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
import torch
from deepracer_core.camera import Preprocessing
from deepracer_core.decision import decide
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.policy_spec import PolicySpec
from deepracer_interfaces.msg import PolicyDecision
from deepracer_sim.nodes.graph_link import to_choice
from deepracer_sim.training.networks import ActorCritic
from training_samples import SPACES

PICTURE = Preprocessing(width=48, height=36)
SPEC = PolicySpec("driver", PICTURE, ModelMetadata(SPACES["continuous"]))


def published(distribution: np.ndarray, space: str, seed: int) -> PolicyDecision:
    decision = decide(distribution, SPACES[space], np.random.default_rng(seed))
    return PolicyDecision(
        model="driver",
        action=decision.action,
        steering_angle=decision.steering_angle,
        speed=decision.speed,
        distribution=array("f", decision.distribution),
        drawn=array("f", decision.drawn),
        log_probability=decision.log_probability,
        sampled=True,
    )


def test_a_discrete_choice_is_its_index():
    choice = to_choice(published(np.array([0, 0, 1] + [0] * 7, np.float32), "discrete", seed=0))
    assert (choice.model, choice.action, choice.log_probability) == ("driver", 2, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_continuous_choice_has_the_density_that_the_trained_network_gives_it(seed):
    network = ActorCritic(SPEC, "slim")
    with torch.no_grad():
        network.head.bias.copy_(torch.tensor([3.0, -3.0]))  # nearly all draws are clipped
        distribution, _ = network(torch.zeros(PICTURE.input_shape, dtype=torch.uint8))
    parameters = torch.cat([distribution.mean[0], distribution.stddev[0]]).numpy()
    message = published(parameters, "continuous", seed)
    choice = to_choice(message)
    assert max(np.abs(choice.action)) > 1.0
    density = distribution.log_prob(torch.tensor([choice.action])).item()
    assert choice.log_probability == pytest.approx(density, abs=1e-4)
    assert (message.steering_angle, message.speed) == pytest.approx((np.radians(30), 0.5))
