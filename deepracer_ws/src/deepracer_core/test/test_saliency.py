"""What a network looks at, for networks of which it is known."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.camera import Preprocessing
from deepracer_core.networks import build_policy, untrained_policy, weight_shapes
from deepracer_core.policy import Policy
from deepracer_core.saliency import overlay, saliency
from policy_samples import SMALL, continuous_metadata, discrete_metadata, make_spec

DETAIL = slice(20, 24), slice(60, 64)  # rows and columns of what the network sees


def looking_at_one_place(metadata: str) -> Policy:
    """A policy whose decision depends on one of the places that its convolutions cover only."""
    spec = make_spec(metadata, SMALL)
    shapes = weight_shapes(spec, "slim")
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for number in range(3):
        weights[f"convolutions.{number}.weight"][0, 0] = 0.1
    # the features are (32, rows, columns) of the last convolution, flattened
    place = np.zeros((32, *_last_size()), np.float32)
    place[0, 1, 5] = 1.0
    weights["dense.0.weight"][0] = place.ravel()
    weights["head.weight"][0, 0] = 4.0
    return Policy.load(build_policy(spec, "slim", weights))


def _last_size() -> tuple[int, int]:
    sizes = []
    for size in (45, 80):
        for kernel, stride in ((8, 4), (4, 2), (3, 1)):
            size = (size - kernel) // stride + 1
        sizes.append(size)
    return sizes[0], sizes[1]


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)


@pytest.mark.parametrize("metadata", [discrete_metadata(), continuous_metadata()])
def test_it_is_where_the_network_looks(metadata):
    policy = looking_at_one_place(metadata)
    policy.decide(picture(), encoding="mono8")
    heat = saliency(policy)
    assert heat.shape == (45, 80)
    assert (heat >= 0).all()
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    # that feature sees 36 x 36 pixels, 8 for each step of the last convolution
    assert 8 <= row < 44
    assert 40 <= column < 76
    assert heat[:, :20].max() < 0.01 * heat.max()


def test_a_network_that_looks_at_nothing_is_cold_everywhere():
    spec = make_spec(discrete_metadata(), SMALL)
    weights = {
        name: np.zeros(shape, np.float32) for name, shape in weight_shapes(spec, "slim").items()
    }
    policy = Policy.load(build_policy(spec, "slim", weights))
    policy.decide(picture(), encoding="mono8")
    assert (saliency(policy) == 0).all()


def test_the_policy_goes_on_as_if_nobody_had_asked():
    spec = make_spec(discrete_metadata(), Preprocessing(width=80, height=60, frames=3))
    asked, alone = (Policy.load(untrained_policy(spec, "slim")) for _ in range(2))
    random = np.random.default_rng(0)
    for _ in range(4):
        image = random.integers(0, 256, (60, 80), np.uint8)
        one, other = (policy.decide(image, encoding="mono8") for policy in (asked, alone))
        assert (one.distribution == other.distribution).all()
        saliency(asked)
    assert (asked.input == alone.input).all()


def test_the_overlay_leaves_what_is_cold_and_what_the_network_does_not_see():
    image = np.full((120, 160, 3), 90, np.uint8)
    heat = np.zeros((45, 80), np.float32)
    heat[DETAIL] = 3.0
    shown = overlay(image, heat, SMALL)
    assert (shown[:30] == 90).all()  # crop_top
    assert (shown[30:, :100] == 90).all()
    hot = shown[30 + 2 * 22, 2 * 62]
    assert hot.max() > 200
    assert (overlay(image, np.zeros_like(heat), SMALL) == image).all()
    assert (overlay(image, heat, SMALL, scale=1e9) == image).all()
