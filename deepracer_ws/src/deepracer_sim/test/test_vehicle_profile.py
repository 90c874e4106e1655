"""Vehicle profiles: what they promise, and what is said about one that does not exist."""

from __future__ import annotations

from dataclasses import replace

import pytest
from deepracer_core.errors import SimulationError
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.vehicle_profile import load_profile, profile_names


def test_the_default_turns_like_the_aws_simulator_and_the_other_like_its_axles():
    assert profile_names() == ["aws_sim", "geometric"]
    aws_sim, geometric = map(load_profile, profile_names())
    assert load_profile() == aws_sim
    assert aws_sim.linkage_ratio / VEHICLE.wheelbase == pytest.approx(3.3, rel=0.005)
    assert geometric.linkage_ratio == 1.0


def test_profiles_differ_in_nothing_but_the_linkage():
    aws_sim, geometric = map(load_profile, profile_names())
    assert replace(geometric, name="aws_sim", linkage_ratio=aws_sim.linkage_ratio) == aws_sim


@pytest.mark.parametrize("name", ["", "common", "AWS_SIM", "../aws_sim"])
def test_an_unknown_profile_is_refused_with_the_names_of_those_that_exist(name):
    with pytest.raises(SimulationError, match="choose one of aws_sim, geometric"):
        load_profile(name)
