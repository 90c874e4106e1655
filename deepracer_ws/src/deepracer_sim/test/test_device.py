"""Which device the network learns on; no GPU was at hand, so that only the choice is tested."""

from __future__ import annotations

import pytest
import torch
from deepracer_core.errors import ConfigError
from deepracer_sim.training.device import learning_device
from deepracer_sim.training.learner import Learner
from training_samples import small_config


@pytest.mark.parametrize(
    ("wanted", "has_gpu", "device"),
    [("auto", True, "cuda"), ("auto", False, "cpu"), ("cuda", True, "cuda"), ("cpu", True, "cpu")],
)
def test_a_gpu_is_used_if_there_is_one_and_none_forbids_it(wanted, has_gpu, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert learning_device(small_config(device=wanted)).type == device


def test_a_gpu_that_is_not_there_is_refused_with_a_way_out(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="give device:=cpu"):
        Learner(small_config(device="cuda"))


def test_sac_learns_on_the_processor():
    with pytest.raises(ConfigError, match="sac learns on the processor"):
        small_config(device="cuda", algorithm="sac")
