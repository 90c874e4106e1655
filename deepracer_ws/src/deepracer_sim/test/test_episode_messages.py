"""How an episode starts survives the way through messages."""

from __future__ import annotations

import pytest
from deepracer_core.errors import EpisodeError
from deepracer_interfaces.srv import ResetCar
from deepracer_sim.nodes.episode_messages import (
    to_episode,
    to_episode_message,
    to_request,
    to_start,
)
from deepracer_sim.pacing import Episode
from deepracer_sim.start import Start

START = Start(0.25, 0.1, -0.2, True, 2**64 - 1, 12.5, 1.934, (("friction", 0.8), ("latency", 2.0)))


def test_a_start_comes_back():
    assert to_start(to_request(START)) == START
    assert to_start(ResetCar.Request()) == Start()


def test_an_episode_comes_back():
    episode = Episode(7, 66_000_000 * 31, START)
    assert to_episode(to_episode_message(episode)) == episode
    assert to_episode_message(episode).header.frame_id == "map"


def test_names_without_values_are_refused():
    with pytest.raises(EpisodeError, match="1 values for 2 settings"):
        to_start(ResetCar.Request(setting_names=["friction", "light"], setting_values=[1.0]))


@pytest.mark.parametrize("fields", [{"hold": -1.0}, {"hold": float("nan")}, {"race_time": 1e9}])
def test_impossible_times_are_refused(fields):
    with pytest.raises(EpisodeError, match=next(iter(fields))):
        to_start(ResetCar.Request(**fields))
