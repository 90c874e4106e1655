"""What several topics tell about a step is put together, in whatever order it comes."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from deepracer_core.camera import Preprocessing
from deepracer_core.episode import EpisodeStatus
from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS as PERIOD
from deepracer_sim.engine import CarStates
from deepracer_sim.training.graph_rollout import episode_result, fill, last_images
from deepracer_sim.training.graph_steps import MAX_WAITING, MOST, Choice, Judgement, StepJoiner
from deepracer_sim.training.networks import ActorCritic
from deepracer_sim.training.step_columns import one_column
from training_samples import discrete_settings, small_config

SEEN = Preprocessing(width=16, height=12, frames=2)
IN_PROGRESS, OFF_TRACK, LAP = (
    EpisodeStatus.IN_PROGRESS,
    EpisodeStatus.OFF_TRACK,
    EpisodeStatus.LAP_COMPLETE,
)


class Graph:
    """Tells a joiner of episodes; the picture of the n-th stamp is gray with level n (mod 251)."""

    def __init__(self, seen: Preprocessing = SEEN, limit: int = 1000) -> None:
        self.joiner = StepJoiner(seen, limit)
        self.stamp = 0
        self._numbers = itertools.count(7)

    def see(self, stamp: int) -> None:
        level = np.full((12, 16), stamp // PERIOD % 251, np.uint8)
        self.joiner.see(stamp, level, "mono8")

    def choose(self, stamp: int, model: str = "a", action: int = 0) -> None:
        self.joiner.choose(stamp, Choice(model, action, -1.0, 0.0, 1.0))

    def judge(self, stamp: int, step: int, status: EpisodeStatus = IN_PROGRESS) -> None:
        done = status is not IN_PROGRESS
        self.joiner.judge(stamp, Judgement(step, 1.0, 1.0 * step, 10.0, status, done))

    def episode(self, steps: int, status: EpisodeStatus, without: tuple[str, int] = ("", 0)):
        """All calls that tell of an episode whose last step has this status, in order."""
        first = self.stamp = self.stamp + 2 * PERIOD
        number = next(self._numbers)
        yield lambda: self.joiner.begin(first, number)
        for step in range(1, steps + 1):
            stamp, last = self.stamp, step == steps
            told = {
                "image": lambda stamp=stamp: self.see(stamp),
                "choice": lambda stamp=stamp: self.choose(stamp),
                "judgement": lambda stamp=stamp, step=step, last=last: self.judge(
                    stamp, step, status if last else IN_PROGRESS
                ),
            }
            yield from (call for name, call in told.items() if (name, step) != without)
            self.stamp += PERIOD
        yield lambda stamp=self.stamp: self.see(stamp)

    def tell(self, *arguments, **named) -> None:
        for call in self.episode(*arguments, **named):
            call()

    @property
    def told(self) -> list[tuple[int, int]]:
        return [(step.episode, step.judgement.step) for step in self.joiner.steps]


def shuffled(calls: list, random: random.Random) -> list:
    """In random order, but that of each topic."""
    mixed = random.sample(calls, len(calls))
    for topic in ("see", "choose", "judge", "begin"):
        places = [n for n, call in enumerate(mixed) if topic in call.__code__.co_names]
        in_order = [call for call in calls if topic in call.__code__.co_names]
        for place, call in zip(places, in_order):
            mixed[place] = call
    return mixed


def levels(image: np.ndarray) -> list[int]:
    """Level of each picture in a stack."""
    return [int(picture[0, 0]) for picture in image]


def test_steps_come_in_order_with_their_pictures():
    graph = Graph()
    graph.tell(3, OFF_TRACK)
    graph.tell(2, LAP)
    assert graph.told == [(7, 1), (7, 2), (7, 3), (8, 1), (8, 2)]
    first = [levels(step.image) for step in graph.joiner.steps]
    assert first == [[2, 2], [2, 3], [3, 4], [7, 7], [7, 8]]
    after = [levels(step.next_image) for step in graph.joiner.steps]
    assert after == [[2, 3], [3, 4], [4, 4], [7, 8], [8, 9]]  # none after the car left the track
    steps = list(graph.joiner.steps)
    assert [b.follows(a) for a, b in itertools.pairwise(steps)] == [True, True, False, True]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_topics_does_not_matter(seed):
    """Each topic keeps its own."""
    one, other = Graph(), Graph()
    for graph in (one, other):
        calls = [*graph.episode(6, OFF_TRACK), *graph.episode(4, LAP)]
        if graph is other:
            calls = shuffled(calls, random.Random(seed))
        for call in calls:
            call()
    assert other.told == one.told
    for left, right in zip(one.joiner.steps, other.joiner.steps):
        np.testing.assert_array_equal(left.image, right.image)
    assert other.joiner.lost == 0


def test_a_new_model_has_no_past():
    graph = Graph()
    graph.joiner.begin(PERIOD, 0)
    for number in (1, 2, 3, 4):
        graph.see(number * PERIOD)
        graph.choose(number * PERIOD, model="a" if number < 3 else "b")
        graph.judge(number * PERIOD, number)
    assert [levels(step.image) for step in graph.joiner.steps] == [[1, 1], [1, 2], [3, 3]]


def test_what_is_decided_again_is_not_what_was_driven():
    graph = Graph()
    graph.joiner.begin(PERIOD, 0)
    graph.see(PERIOD)
    graph.choose(PERIOD, action=1)
    graph.choose(PERIOD, action=2)
    graph.judge(PERIOD, 1, OFF_TRACK)
    assert [step.choice.action for step in graph.joiner.steps] == [1]


def test_an_outcome_that_is_left_out_ends_its_episode_only():
    graph = Graph()
    graph.tell(5, OFF_TRACK, without=("judgement", 3))
    graph.tell(2, OFF_TRACK)
    assert graph.told == [(7, 1), (7, 2), (8, 1), (8, 2)]
    assert graph.joiner.lost == 1


@pytest.mark.parametrize(("lost", "kept"), [("image", 1), ("choice", 2)])
def test_what_never_comes_ends_its_episode_only(lost, kept):
    graph = Graph()
    graph.tell(5, OFF_TRACK, without=(lost, 3))
    graph.tell(2, OFF_TRACK)
    # a step wants the picture that follows, too
    assert graph.told == [*((7, step) for step in range(1, kept + 1)), (8, 1), (8, 2)]
    assert graph.joiner.lost == 1


def test_a_topic_that_is_late_is_waited_for():
    graph = Graph()
    calls = [*graph.episode(40, OFF_TRACK), *graph.episode(3, OFF_TRACK)]
    late = [call for call in calls if "choose" in call.__code__.co_names]
    for call in calls:
        if call not in late:
            call()
    assert not graph.told
    for call in late:
        call()
    assert len(graph.told) == 43
    assert graph.joiner.lost == 0


def test_a_topic_that_has_ended_is_not_waited_for_for_ever():
    graph = Graph()
    for call in graph.episode(MAX_WAITING + 1, OFF_TRACK):
        if "choose" not in call.__code__.co_names:
            call()
    assert graph.joiner.lost == 1


def test_an_episode_that_somebody_else_began_is_passed_over():
    graph = Graph()
    calls = [*graph.episode(3, OFF_TRACK)]
    for call in calls[1:]:
        call()
    graph.tell(2, OFF_TRACK)
    assert graph.told == [(8, 1), (8, 2)]


def test_states_are_waited_for_where_they_are_wanted():
    joiner = StepJoiner(SEEN, 10, with_states=True)
    joiner.begin(PERIOD, 0)
    joiner.see(PERIOD, np.zeros((12, 16), np.uint8), "mono8")
    joiner.choose(PERIOD, Choice("a", 0, 0.0, 0.0, 1.0))
    joiner.judge(PERIOD, Judgement(1, 0.0, 0.0, 0.0, OFF_TRACK, done=True))
    assert not joiner.steps
    states = CarStates(*(np.zeros((1, n)) for n in (3, 4, 2, 1, 6)))
    joiner.locate(PERIOD, states)
    assert joiner.steps[0].states is states


def test_memory_is_bounded_while_nobody_listens():
    graph = Graph(limit=5)
    graph.tell(20, OFF_TRACK)
    assert graph.told == [(7, step) for step in range(1, 6)]
    for number in range(100, 100 + 2 * MOST):
        graph.see(graph.stamp + number * PERIOD)
    assert len(graph.joiner._images) == MOST


def test_a_cut_is_valued_by_what_follows_it():
    """One-step errors of two graphs: reward 1 + 0.9 * value of what follows - value."""
    seen = {"width": 48, "height": 40, "crop_top": 4}
    config = small_config(action_space=discrete_settings(), preprocessing=seen)
    torch.manual_seed(0)
    network = ActorCritic(config.spec, "slim")
    one, other = Graph(config.spec.preprocessing), Graph(config.spec.preprocessing)
    one.tell(2, LAP)
    one.tell(2, OFF_TRACK)
    other.tell(4, OFF_TRACK)
    graphs = [list(one.joiner.steps), list(other.joiner.steps)[:3]]
    buffer = one_column(config.spec, 16)
    fill(buffer, graphs, network)
    images = last_images(graphs, config.spec)

    def value(image) -> float:
        with torch.no_grad():
            return network(torch.from_numpy(image[None]))[1].item()

    samples = buffer.samples(np.float32([value(images[0].numpy())]), 0.9, 0.0)
    expected = [
        1 + 0.9 * value(step.next_image) * step.judgement.has_future - value(step.image)
        for graph in graphs
        for step in graph
    ]
    np.testing.assert_allclose(samples.advantages.numpy(), expected, atol=1e-5)
    assert buffer.ended[:, 0].tolist() == [False, True, False, True, False, False, True]
    result = episode_result(graphs[0][1], 5.0)
    assert (result.status, result.reward, result.progress) == (LAP, 2.0, 10.0)
