"""From the network in torch to a policy.onnx that decides the same."""

from __future__ import annotations

import numpy as np
import torch
from deepracer_core.errors import TrainingError
from deepracer_core.networks import build_policy
from deepracer_core.onnx_runtime import onnxruntime
from deepracer_core.policy_check import check_policy
from deepracer_core.policy_spec import INPUT, PolicySpec
from numpy.typing import NDArray
from torch.distributions import Categorical

from deepracer_sim.training.networks import PolicyNetwork

PARITY_IMAGES = 8
"""Pictures of noise on which both are compared."""
TOLERANCE = 1e-4
"""Largest difference of a probability, or of a mean or deviation in the range [-1, 1]."""


def export_policy(network: PolicyNetwork, spec: PolicySpec, architecture: str) -> bytes:
    """Return the policy.onnx of a network.

    Raises:
        TrainingError: torch and onnxruntime do not compute the same from it.
        PolicyError: the file breaks a rule, such as that weights are finite.
    """
    data = build_policy(spec, architecture, network.policy_weights())
    check_policy(data)
    images = np.random.default_rng(0).integers(
        0, 256, (PARITY_IMAGES, *spec.preprocessing.input_shape[1:]), np.uint8
    )
    difference = np.abs(_outputs_of_onnx(data, images) - outputs(network, images)).max()
    if not difference <= TOLERANCE:
        raise TrainingError(
            f"the exported policy differs from the trained one by {difference:g}, more than "
            f"{TOLERANCE:g}: this is a bug of the exporter or of onnxruntime, please report it"
        )
    return data


def outputs(network: PolicyNetwork, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What `policy_spec` says that a policy puts out, (B, outputs) for images (B, ...)."""
    with torch.no_grad():
        features = network.policy(torch.from_numpy(images).to(network.head.weight.device))
        distribution = network.distribution(features)
    if isinstance(distribution, Categorical):
        result: NDArray[np.float32] = distribution.probs.cpu().numpy()
        return result
    return np.hstack((distribution.mean.cpu().numpy(), distribution.stddev.cpu().numpy()))


def _outputs_of_onnx(data: bytes, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {INPUT: image[None]})[0] for image in images])
