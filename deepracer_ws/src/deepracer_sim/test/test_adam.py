"""Our Adam computes what torch's does, and remembers as much."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from deepracer_sim.training.adam import Adam
from torch import nn

LR, EPSILON = 1e-2, 1e-5


def make_network():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 2)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def descend(network, optimizer, seeds):
    for seed in seeds:
        images = torch.rand(8, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
        optimizer.zero_grad()
        network(images).square().sum().backward()
        optimizer.step()
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def test_it_updates_as_the_one_of_torch():
    ours, theirs = make_network(), make_network()
    expected = descend(
        theirs, torch.optim.Adam(theirs.parameters(), LR, eps=EPSILON, fused=True), range(5)
    )
    assert torch.equal(descend(ours, Adam(ours.parameters(), LR, EPSILON), range(5)), expected)


def test_it_goes_on_from_what_it_remembered():
    network = make_network()
    optimizer = Adam(network.parameters(), LR, EPSILON)
    descend(network, optimizer, range(3))
    other = make_network()
    other.load_state_dict(network.state_dict())
    restored = Adam(other.parameters(), LR, EPSILON)
    restored.restore({name: value.clone() for name, value in optimizer.tensors().items()})
    expected = descend(network, optimizer, range(3, 6))
    assert torch.equal(descend(other, restored, range(3, 6)), expected)


def test_parameters_without_a_gradient_stay():
    network = make_network()
    before = network[2].weight.detach().clone()
    optimizer = Adam(network.parameters(), LR, EPSILON)
    network[0](torch.rand(1, 3, 4, 4)).sum().backward()
    optimizer.step()
    assert torch.equal(network[2].weight, before)


@pytest.mark.parametrize("key", ["9.step", "0.other", "0.exp_avg"])
def test_the_memory_of_other_parameters_is_refused(key):
    optimizer = Adam(make_network().parameters(), LR, EPSILON)
    with pytest.raises((IndexError, KeyError, ValueError)):
        optimizer.restore({key: torch.zeros(7)})


def test_it_does_not_load_the_compiler():
    code = (
        "import sys, torch; from deepracer_sim.training.adam import Adam;"
        "Adam([torch.zeros(1)], 0.1, 0.1).step(); assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
